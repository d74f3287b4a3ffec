-- Revert gatehouse:definer_functions from pg
BEGIN;
DROP FUNCTION gatehouse.audit_partitions_make(timestamptz, integer);
DROP FUNCTION gatehouse.audit_partitions_drop(timestamptz);
COMMIT;
