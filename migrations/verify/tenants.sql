-- Verify gatehouse:tenants on pg
BEGIN;
SELECT tenant_id, name, created_at FROM gatehouse.tenants WHERE false;
SELECT 1 / count(*) FROM gatehouse.tenants WHERE tenant_id = 'tnt_default';
SELECT 1 / count(*) FROM pg_class WHERE oid = 'gatehouse.tenants'::regclass AND relrowsecurity;
SELECT 1 / has_schema_privilege(:'worker', 'gatehouse', 'USAGE')::int;
ROLLBACK;
