-- Verify gatehouse:definer_functions_idaas on pg
BEGIN;
SELECT 1 / has_function_privilege(:'worker', f, 'EXECUTE')::int
  FROM unnest(ARRAY['gatehouse.tenant_key_owner(bytea, timestamptz)', 'gatehouse.tenants_list(text, integer)',
                    'gatehouse.tenant_keys_delete_expired(timestamptz, integer)',
                    'gatehouse.login_attempts_delete_expired(timestamptz, integer)']) AS f;
ROLLBACK;
