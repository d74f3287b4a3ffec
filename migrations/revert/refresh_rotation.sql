-- Revert gatehouse:refresh_rotation from pg
BEGIN;
DROP FUNCTION gatehouse.replay_keys_delete_expired(timestamptz);
DROP TABLE gatehouse.replay_keys;
ALTER TABLE gatehouse.token_families RESET (fillfactor);
UPDATE gatehouse.token_families SET replay = NULL WHERE replay IS NOT NULL;
CREATE INDEX token_families_replays ON gatehouse.token_families (rotated_at) WHERE replay IS NOT NULL;
COMMIT;
