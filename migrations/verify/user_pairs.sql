-- Verify gatehouse:user_pairs on pg
BEGIN;
SELECT subject_tenant, subject_version FROM gatehouse.token_families WHERE false;
SELECT 1 / count(*) FROM pg_class WHERE oid = 'gatehouse.users_by_id'::regclass;
ROLLBACK;
