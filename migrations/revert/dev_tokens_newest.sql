-- Revert gatehouse:dev_tokens_newest from pg
BEGIN;
DROP FUNCTION gatehouse.dev_tokens_count(integer);
DROP FUNCTION gatehouse.dev_tokens_newest(integer);
COMMIT;
