-- Revert gatehouse:access_log from pg
BEGIN;
DROP INDEX gatehouse.audit_log_by_id;
DROP TABLE gatehouse.access_sums, gatehouse.access_log;
DROP SEQUENCE gatehouse.access_log_ids;
COMMIT;
