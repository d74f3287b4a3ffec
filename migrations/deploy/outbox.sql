-- Deploy gatehouse:outbox to pg
-- What others are to be told, sent by the keeper: written in the worker, so that no request waits for somebody else's
-- server. The body is sealed under VAULT_KEYS.

BEGIN;

CREATE TABLE gatehouse.outbox (
  message_id text PRIMARY KEY CHECK (message_id <> ''),
  kind       text NOT NULL,
  sealed     bytea NOT NULL,
  created_at timestamptz NOT NULL,
  due_at     timestamptz NOT NULL,
  deadline   timestamptz NOT NULL,
  attempts   integer NOT NULL DEFAULT 0
);
CREATE INDEX outbox_due ON gatehouse.outbox (due_at);

-- What was sent goes at once, so deleting here is bound to no clock.
GRANT SELECT, INSERT, UPDATE (due_at, attempts), DELETE ON gatehouse.outbox TO :"worker";

-- LINE's events that were taken already (it delivers some twice), and in which language somebody wants to be answered.
CREATE TABLE gatehouse.line_events (
  event_id text PRIMARY KEY CHECK (event_id <> ''),
  seen_at  timestamptz NOT NULL
);
CREATE INDEX line_events_seen ON gatehouse.line_events (seen_at);
CREATE TABLE gatehouse.line_languages (
  line_user_id text PRIMARY KEY CHECK (line_user_id <> ''),
  language     text NOT NULL CHECK (language IN ('ja', 'en', 'zh'))
);

-- None goes within a day by PostgreSQL's own clock, whatever the caller says: else LINE's next delivery of it would be
-- taken for the first.
CREATE FUNCTION gatehouse.line_events_delete_before(before timestamptz, most integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp AS $$
  WITH gone AS (
    DELETE FROM gatehouse.line_events WHERE event_id IN (
      SELECT e.event_id FROM gatehouse.line_events e
       WHERE e.seen_at <= least(before, CASE WHEN session_user = current_user THEN before
                                             ELSE now() - interval '1 day' END)
       ORDER BY e.seen_at LIMIT least(most, 10000) FOR UPDATE SKIP LOCKED)
    RETURNING 1)
  SELECT count(*) FROM gone
$$;

GRANT SELECT, INSERT ON gatehouse.line_events TO :"worker";
GRANT SELECT, INSERT, UPDATE (language) ON gatehouse.line_languages TO :"worker";
REVOKE ALL ON FUNCTION gatehouse.line_events_delete_before(timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gatehouse.line_events_delete_before(timestamptz, integer) TO :"worker";

COMMIT;
