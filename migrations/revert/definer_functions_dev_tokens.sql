-- Revert gatehouse:definer_functions_dev_tokens from pg
BEGIN;
DROP FUNCTION gatehouse.dev_tokens_used(json);
DROP FUNCTION gatehouse.dev_tokens_list(text, timestamptz, text, integer);
DROP FUNCTION gatehouse.dev_token_tenant(text);
DROP FUNCTION gatehouse.dev_token_owner(bytea, timestamptz);
COMMIT;
