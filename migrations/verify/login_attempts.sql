-- Verify gatehouse:login_attempts on pg
BEGIN;
SELECT tenant_id, address, account, attempts, started_at FROM gatehouse.login_attempts WHERE false;
SELECT 1 / count(*) FROM pg_class WHERE oid = 'gatehouse.login_attempts'::regclass AND relrowsecurity;
SELECT 1 / has_function_privilege(:'worker',
  'gatehouse.login_attempt_take(text, text, bytea, timestamptz, interval, integer, integer)', 'EXECUTE')::int;
ROLLBACK;
