-- Revert gatehouse:worker_rights from pg
-- The two functions that were there before (of tenant_keys and login_attempts) keep their bound by the clock.
BEGIN;
ALTER POLICY audit_log_own ON gatehouse.audit_log WITH CHECK (tenant_id = current_setting('app.tenant', true));
DROP TRIGGER only_grows ON gatehouse.revocations;
DROP FUNCTION gatehouse.revocation_only_grows();
GRANT INSERT, UPDATE ON gatehouse.services TO :"worker";
GRANT UPDATE, DELETE ON gatehouse.service_secrets, gatehouse.token_families, gatehouse.revocations,
  gatehouse.tenant_keys, gatehouse.access_sums TO :"worker";
GRANT UPDATE ON gatehouse.tenants, gatehouse.users, gatehouse.login_attempts TO :"worker";
GRANT INSERT ON gatehouse.access_log TO :"worker";
DROP FUNCTION gatehouse.access_log_partitions_make(timestamptz, integer);
DROP FUNCTION gatehouse.audit_partitions_make(timestamptz, integer);
ALTER FUNCTION gatehouse.access_log_partitions_make_at(timestamptz, integer) RENAME TO access_log_partitions_make;
ALTER FUNCTION gatehouse.audit_partitions_make_at(timestamptz, integer) RENAME TO audit_partitions_make;
GRANT EXECUTE ON FUNCTION gatehouse.access_log_partitions_make(timestamptz, integer) TO :"worker";
GRANT EXECUTE ON FUNCTION gatehouse.audit_partitions_make(timestamptz, integer) TO :"worker";
DROP FUNCTION gatehouse.services_delete_unused(timestamptz, integer);
DROP FUNCTION gatehouse.access_sums_delete_before(text, timestamptz, integer);
DROP FUNCTION gatehouse.service_secrets_delete_expired(timestamptz, integer);
DROP FUNCTION gatehouse.token_families_delete_expired(timestamptz, integer);
DROP FUNCTION gatehouse.revocations_delete_expired(timestamptz, integer);
DROP INDEX gatehouse.services_unused;
ALTER TABLE gatehouse.services DROP COLUMN first_used_at;
COMMIT;
