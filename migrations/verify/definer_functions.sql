-- Verify gatehouse:definer_functions on pg
BEGIN;
SELECT 1 / has_function_privilege(:'worker', f, 'EXECUTE')::int
  FROM unnest(ARRAY['gatehouse.audit_partitions_make(timestamptz, integer)',
                    'gatehouse.audit_partitions_drop(timestamptz)']) AS f;
ROLLBACK;
