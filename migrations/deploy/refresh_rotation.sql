-- Deploy gatehouse:refresh_rotation to pg
-- A rotation changes nothing that an index holds, so PostgreSQL writes it into the page that has the row (HOT), given room
-- there. What is kept for a retry is no longer found by an index and erased row by row: it is sealed under a key of its
-- minute besides, and goes with that key.

BEGIN;

-- At once, or not at all: behind a lock that waits, every token would wait too. (scripts/migrate tries a few times.)
SET LOCAL lock_timeout = '100ms';
LOCK TABLE gatehouse.token_families IN ACCESS EXCLUSIVE MODE;
UPDATE gatehouse.token_families SET replay = NULL WHERE replay IS NOT NULL;
DROP INDEX gatehouse.token_families_replays;
ALTER TABLE gatehouse.token_families SET (fillfactor = 80);

CREATE TABLE gatehouse.replay_keys (
  epoch      bigint PRIMARY KEY,
  key        bytea NOT NULL CHECK (octet_length(key) = 32),
  expires_at timestamptz NOT NULL
) WITH (autovacuum_vacuum_threshold = 1);
GRANT SELECT, INSERT ON gatehouse.replay_keys TO :"worker";

-- Bounded by PostgreSQL's own clock, as in worker_rights.
CREATE FUNCTION gatehouse.replay_keys_delete_expired(before timestamptz) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp AS $$
  WITH gone AS (
    DELETE FROM gatehouse.replay_keys
     WHERE expires_at <= least(before, CASE WHEN session_user = current_user THEN before ELSE now() END)
    RETURNING 1)
  SELECT count(*) FROM gone
$$;
REVOKE ALL ON FUNCTION gatehouse.replay_keys_delete_expired(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gatehouse.replay_keys_delete_expired(timestamptz) TO :"worker";

COMMIT;
