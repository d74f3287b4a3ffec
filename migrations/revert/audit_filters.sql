-- Revert gatehouse:audit_filters from pg
BEGIN;
DROP INDEX gatehouse.audit_log_by_action;
DROP INDEX gatehouse.audit_log_by_actor;
DROP INDEX gatehouse.audit_log_by_target;
COMMIT;
