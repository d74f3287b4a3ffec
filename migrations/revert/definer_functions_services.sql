-- Revert gatehouse:definer_functions_services from pg
BEGIN;
ALTER FUNCTION gatehouse.audit_partitions_drop(timestamptz) RESET lock_timeout;
DROP FUNCTION gatehouse.user_owner(text);
DROP FUNCTION gatehouse.audit_read(text, text, text, text, timestamptz, timestamptz, integer);
DROP FUNCTION gatehouse.access_log_partitions_drop(timestamptz);
DROP FUNCTION gatehouse.access_log_partitions_make(timestamptz, integer);
COMMIT;
