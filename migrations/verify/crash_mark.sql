-- Verify gatehouse:crash_mark on pg
BEGIN;
SELECT only_one, mark FROM gatehouse.crash_mark WHERE false;
SELECT 1 / (relpersistence = 'u')::int FROM pg_class WHERE oid = 'gatehouse.crash_mark'::regclass;
SELECT 1 / (NOT has_column_privilege(:'worker', 'gatehouse.crash_mark', 'mark', 'insert'))::int;
SELECT 1 / has_column_privilege(:'worker', 'gatehouse.crash_mark', 'only_one', 'insert')::int;
ROLLBACK;
