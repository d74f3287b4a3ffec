-- Verify gatehouse:tenants_ended on pg
BEGIN;
SELECT ended_at FROM gatehouse.tenants WHERE false;
SELECT 1 / has_column_privilege(:'worker', 'gatehouse.tenants', 'ended_at', 'UPDATE')::int;
SELECT 1 / has_function_privilege(:'worker', 'gatehouse.dev_tokens_delete_of_tenant(text, integer)', 'EXECUTE')::int;
SELECT 1 / count(*) FROM pg_trigger WHERE tgrelid = 'gatehouse.tenants'::regclass AND tgname = 'stays_ended';
ROLLBACK;
