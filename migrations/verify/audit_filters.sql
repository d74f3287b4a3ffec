-- Verify gatehouse:audit_filters on pg
BEGIN;
SELECT 1 / (count(*) = 3)::int FROM pg_index
 WHERE indexrelid IN ('gatehouse.audit_log_by_target'::regclass, 'gatehouse.audit_log_by_actor'::regclass, 'gatehouse.audit_log_by_action'::regclass) AND indisvalid;
ROLLBACK;
