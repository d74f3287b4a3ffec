-- Verify gatehouse:revocations on pg
BEGIN;
SELECT key, min_version, effective_at, expires_at, written_by FROM gatehouse.revocations WHERE false;
SELECT 1 / has_table_privilege(:'worker', 'gatehouse.revocations', 'UPDATE')::int;
ROLLBACK;
