-- Verify gatehouse:audit_log on pg
BEGIN;
SELECT tenant_id, at, id, actor, action, target, client_address, request_id, detail
  FROM gatehouse.audit_log WHERE false;
SELECT 1 / count(*) FROM pg_class WHERE oid = 'gatehouse.audit_log'::regclass AND relrowsecurity;
SELECT 1 / (NOT has_table_privilege(:'worker', 'gatehouse.audit_log', 'UPDATE, DELETE, TRUNCATE'))::int;
ROLLBACK;
