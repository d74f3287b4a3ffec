-- Verify gatehouse:definer_functions_services on pg
BEGIN;
SELECT 1 / has_function_privilege(:'worker', f, 'EXECUTE')::int
  FROM unnest(ARRAY['gatehouse.access_log_partitions_make(timestamptz, integer)',
                    'gatehouse.access_log_partitions_drop(timestamptz)',
                    'gatehouse.audit_read(text, text, text, text, timestamptz, timestamptz, integer)',
                    'gatehouse.user_owner(text)']) AS f;
ROLLBACK;
