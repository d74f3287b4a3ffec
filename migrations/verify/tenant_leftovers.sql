-- Verify gatehouse:tenant_leftovers on pg
BEGIN;
SELECT 1 / has_function_privilege(:'worker', 'gatehouse.token_families_delete_of_tenant(text, integer)', 'EXECUTE')::int;
SELECT 1 / (to_regclass('gatehouse.token_families_subject_tenant') IS NOT NULL)::int;
ROLLBACK;
