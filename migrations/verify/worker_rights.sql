-- Verify gatehouse:worker_rights on pg
BEGIN;
SELECT first_used_at FROM gatehouse.services WHERE false;
SELECT 1 / has_function_privilege(:'worker', f, 'EXECUTE')::int
  FROM unnest(ARRAY['gatehouse.revocations_delete_expired(timestamptz, integer)',
                    'gatehouse.token_families_delete_expired(timestamptz, integer)',
                    'gatehouse.service_secrets_delete_expired(timestamptz, integer)',
                    'gatehouse.access_sums_delete_before(text, timestamptz, integer)',
                    'gatehouse.services_delete_unused(timestamptz, integer)',
                    'gatehouse.audit_partitions_make(timestamptz, integer)',
                    'gatehouse.access_log_partitions_make(timestamptz, integer)']) AS f;
SELECT 1 / (NOT has_table_privilege(:'worker', t, 'DELETE'))::int
  FROM unnest(ARRAY['gatehouse.revocations', 'gatehouse.token_families', 'gatehouse.service_secrets']) AS t;
ROLLBACK;
