-- Verify gatehouse:revocations on pg
BEGIN;
SELECT key, min_version, effective_at, expires_at, written_by FROM gatehouse.revocations WHERE false;
SELECT 1 / has_any_column_privilege(:'worker', 'gatehouse.revocations', 'UPDATE')::int;
ROLLBACK;
