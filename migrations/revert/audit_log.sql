-- Revert gatehouse:audit_log from pg
BEGIN;
DROP TABLE gatehouse.audit_log;
COMMIT;
