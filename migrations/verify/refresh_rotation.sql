-- Verify gatehouse:refresh_rotation on pg
BEGIN;
SELECT epoch, key, expires_at FROM gatehouse.replay_keys WHERE false;
SELECT 1 / (to_regclass('gatehouse.token_families_replays') IS NULL)::int;
SELECT 1 / has_function_privilege(:'worker', 'gatehouse.replay_keys_delete_expired(timestamptz)', 'execute')::int;
ROLLBACK;
