-- Revert gatehouse:definer_functions_idaas from pg
BEGIN;
DROP FUNCTION gatehouse.tenant_key_owner(bytea, timestamptz);
DROP FUNCTION gatehouse.tenants_list(text, integer);
DROP FUNCTION gatehouse.tenant_keys_delete_expired(timestamptz, integer);
DROP FUNCTION gatehouse.login_attempts_delete_expired(timestamptz, integer);
COMMIT;
