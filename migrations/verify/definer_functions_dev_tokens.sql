-- Verify gatehouse:definer_functions_dev_tokens on pg
BEGIN;
SELECT 1 / has_function_privilege(:'worker', f, 'EXECUTE')::int
  FROM unnest(ARRAY['gatehouse.dev_token_owner(bytea, timestamptz)', 'gatehouse.dev_token_tenant(text)',
                    'gatehouse.dev_tokens_list(text, timestamptz, text, integer)',
                    'gatehouse.dev_tokens_used(json)']) AS f;
ROLLBACK;
