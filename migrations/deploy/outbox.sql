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

GRANT SELECT, INSERT, UPDATE, DELETE ON gatehouse.outbox TO :"worker";

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

GRANT SELECT, INSERT, UPDATE, DELETE ON gatehouse.line_events TO :"worker";
GRANT SELECT, INSERT, UPDATE ON gatehouse.line_languages TO :"worker";

COMMIT;
