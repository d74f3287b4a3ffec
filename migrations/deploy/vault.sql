-- Deploy gatehouse:vault to pg
-- Tokens of other providers, sealed. They belong to the installation and to no tenant. As in worker_rights: a worker
-- updates columns that it has a reason to, and cleans by functions that look at PostgreSQL's own clock; it deletes a
-- record because DELETE /api/v1/tokens/{user_id} does. Handles and fingerprints are the command line's.

BEGIN;

-- grant_id changes with every save: an answer to a call that was made for the grant before finds nothing to change.
-- fence rises with every lease and every save: only the owner of the newest one may store or release.
-- rescued_sealed is a refresh token that came too late to be stored, got with what was current at rescued_version.
-- refresh_at: when the keeper looks at it; NULL: never.
CREATE TABLE gatehouse.vault_records (
  user_id         text PRIMARY KEY CHECK (user_id <> ''),
  provider        text NOT NULL CHECK (provider <> ''),
  grant_id        text NOT NULL CHECK (grant_id <> ''),
  version         bigint NOT NULL DEFAULT 1,
  access_sealed   bytea NOT NULL,
  refresh_sealed  bytea,
  previous_sealed bytea,
  previous_until  timestamptz,
  rescued_sealed  bytea,
  rescued_version bigint,
  expires_at      timestamptz NOT NULL,
  saved_at        timestamptz NOT NULL,
  refreshed_at    timestamptz,
  state           text NOT NULL DEFAULT 'good'
                  CHECK (state IN ('good', 'temporary', 'limited', 'needs_login', 'misconfigured')),
  failures        integer NOT NULL DEFAULT 0,
  failed_at       timestamptz,
  refresh_at      timestamptz,
  fence           bigint NOT NULL DEFAULT 0,
  leased_at       timestamptz,
  lease_until     timestamptz,
  intent_digest   bytea,
  intent_at       timestamptz
) WITH (fillfactor = 70);
-- The keeper's question is answered from this alone.
CREATE INDEX vault_records_due ON gatehouse.vault_records (refresh_at, user_id) INCLUDE (provider)
  WHERE refresh_at IS NOT NULL;
CREATE INDEX vault_records_unusable ON gatehouse.vault_records (expires_at)
  WHERE state = 'needs_login' OR refresh_sealed IS NULL;

-- Until when a provider wants to be left alone (429): all keepers hold themselves to it.
CREATE TABLE gatehouse.vault_limits (
  provider      text PRIMARY KEY CHECK (provider <> ''),
  limited_until timestamptz NOT NULL
);

-- What a program presents instead of the provider's refresh token.
CREATE TABLE gatehouse.vault_handles (
  handle_id   text PRIMARY KEY CHECK (handle_id <> ''),
  user_id     text NOT NULL REFERENCES gatehouse.vault_records ON DELETE CASCADE,
  handle_hash bytea NOT NULL UNIQUE,
  created_at  timestamptz NOT NULL,
  created_by  text NOT NULL
);
CREATE INDEX vault_handles_of ON gatehouse.vault_handles (user_id, created_at);

-- Who did what with a record, and how it ended; no token is in it. It outlives the record.
CREATE TABLE gatehouse.vault_log (
  user_id        text NOT NULL CHECK (user_id <> ''),
  id             bigint GENERATED ALWAYS AS IDENTITY,
  at             timestamptz NOT NULL,
  action         text NOT NULL,
  outcome        text NOT NULL,
  actor          text NOT NULL,
  client_address text NOT NULL,
  request_id     text NOT NULL,
  PRIMARY KEY (user_id, id)
);
CREATE INDEX vault_log_ending ON gatehouse.vault_log (at);

-- Which bytes a key id of VAULT_KEYS stands for: a digest, so that another key under the same id is refused.
CREATE TABLE gatehouse.seal_keys (
  key_id      text PRIMARY KEY CHECK (key_id <> ''),
  fingerprint bytea NOT NULL,
  seen_at     timestamptz NOT NULL
);

-- Those that can never be of use again: their provider takes their refresh token no more, or they never had one, and
-- the access token has expired. A record that has a rescued token, or is being worked on, may still live.
CREATE FUNCTION gatehouse.vault_records_delete_unusable(before timestamptz, most integer)
RETURNS TABLE (needs_login bigint, not_refreshable bigint)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp AS $$
  WITH gone AS (
    DELETE FROM gatehouse.vault_records WHERE user_id IN (
      SELECT r.user_id FROM gatehouse.vault_records r
       WHERE r.expires_at <= least(before, CASE WHEN session_user = current_user THEN before ELSE now() END)
         AND (r.state = 'needs_login' OR r.refresh_sealed IS NULL) AND r.rescued_sealed IS NULL
         AND r.lease_until IS NULL
       ORDER BY r.expires_at LIMIT least(most, 10000) FOR UPDATE SKIP LOCKED)
    RETURNING refresh_sealed IS NULL AS never)
  SELECT count(*) FILTER (WHERE NOT never), count(*) FILTER (WHERE never) FROM gone
$$;

-- The last day stays whatever a worker asks for.
CREATE FUNCTION gatehouse.vault_log_delete_before(before timestamptz, most integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp AS $$
  WITH gone AS (
    DELETE FROM gatehouse.vault_log WHERE (user_id, id) IN (
      SELECT l.user_id, l.id FROM gatehouse.vault_log l
       WHERE l.at < least(before, CASE WHEN session_user = current_user THEN before ELSE now() - interval '1 day' END)
       ORDER BY l.at LIMIT least(most, 10000) FOR UPDATE SKIP LOCKED)
    RETURNING 1)
  SELECT count(*) FROM gone
$$;

REVOKE ALL ON FUNCTION gatehouse.vault_records_delete_unusable(timestamptz, integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION gatehouse.vault_log_delete_before(timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gatehouse.vault_records_delete_unusable(timestamptz, integer) TO :"worker";
GRANT EXECUTE ON FUNCTION gatehouse.vault_log_delete_before(timestamptz, integer) TO :"worker";

GRANT SELECT, INSERT, DELETE ON gatehouse.vault_records TO :"worker";
GRANT UPDATE (provider, grant_id, version, access_sealed, refresh_sealed, previous_sealed, previous_until,
              rescued_sealed, rescued_version, expires_at, saved_at, refreshed_at, state, failures, failed_at,
              refresh_at, fence, leased_at, lease_until, intent_digest, intent_at)
  ON gatehouse.vault_records TO :"worker";
GRANT SELECT, INSERT ON gatehouse.vault_limits TO :"worker";
GRANT UPDATE (limited_until) ON gatehouse.vault_limits TO :"worker";
GRANT SELECT ON gatehouse.vault_handles TO :"worker";
GRANT SELECT, INSERT (user_id, at, action, outcome, actor, client_address, request_id)
  ON gatehouse.vault_log TO :"worker";
GRANT SELECT ON gatehouse.seal_keys TO :"worker";

COMMIT;
