-- Verify gatehouse:dev_tokens_newest on pg
BEGIN;
SELECT 1 / has_function_privilege(:'worker', f, 'EXECUTE')::int
  FROM unnest(ARRAY['gatehouse.dev_tokens_newest(integer)', 'gatehouse.dev_tokens_count(integer)']) AS f;
ROLLBACK;
