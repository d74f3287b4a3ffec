-- Revert gatehouse:vault from pg

BEGIN;
DROP FUNCTION gatehouse.vault_log_delete_before(timestamptz, integer);
DROP FUNCTION gatehouse.vault_records_delete_unusable(timestamptz, integer);
DROP TABLE gatehouse.vault_handles, gatehouse.vault_log, gatehouse.vault_records, gatehouse.vault_limits,
  gatehouse.seal_keys;
COMMIT;
