-- Revert gatehouse:dev_tokens from pg
BEGIN;
DROP TABLE gatehouse.dev_tokens;
COMMIT;
