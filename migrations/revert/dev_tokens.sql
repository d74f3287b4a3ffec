-- Revert gatehouse:dev_tokens from pg
BEGIN;
DROP TABLE gatehouse.dev_tokens;
DROP FUNCTION gatehouse.dev_token_stays_revoked();
COMMIT;
