-- Verify gatehouse:dev_tokens_copies on pg
BEGIN;
SELECT 1 / has_function_privilege(:'worker', 'gatehouse.dev_tokens_forget_copies(integer)', 'EXECUTE')::int;
SELECT 1 / (to_regclass('gatehouse.dev_tokens_copies') IS NOT NULL)::int;
ROLLBACK;
