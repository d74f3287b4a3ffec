-- Revert gatehouse:dev_tokens_copies from pg
BEGIN;
DROP FUNCTION gatehouse.dev_tokens_forget_copies(integer);
DROP INDEX gatehouse.dev_tokens_copies;
COMMIT;
