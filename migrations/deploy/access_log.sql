-- Deploy gatehouse:access_log to pg
-- What services asked for: one row a request, in partitions of a week; and the sums that statistics are made of.

BEGIN;

-- Its own sequence and not an identity: partitions of PostgreSQL 15 have none.
CREATE SEQUENCE gatehouse.access_log_ids;

-- The key serves the only question that is asked of it: the rows of one client, the newest first.
CREATE TABLE gatehouse.access_log (
  client_id        text NOT NULL CHECK (client_id <> ''),
  id               bigint NOT NULL DEFAULT nextval('gatehouse.access_log_ids'),
  created_at       timestamptz NOT NULL,
  endpoint         text NOT NULL,
  method           text NOT NULL,
  status_code      integer NOT NULL,
  response_time_ms integer NOT NULL,
  ip_address       text NOT NULL,
  user_agent       text NOT NULL,
  PRIMARY KEY (client_id, id, created_at)
) PARTITION BY RANGE (created_at);

-- Takes what has no week of its own, so that no insert ever fails for it.
CREATE TABLE gatehouse.access_log_default PARTITION OF gatehouse.access_log DEFAULT;

-- writer: workers write to rows of their own as far as possible, or all of them would wait for the one row of a busy
-- client. fillfactor: an update finds room beside the row and leaves the indexes alone.
CREATE TABLE gatehouse.access_sums (
  client_id    text NOT NULL CHECK (client_id <> ''),
  grain        text NOT NULL CHECK (grain IN ('minute', 'hour')),
  starts_at    timestamptz NOT NULL,
  writer       integer NOT NULL,
  requests     bigint NOT NULL,
  errors       bigint NOT NULL,
  milliseconds bigint NOT NULL,
  PRIMARY KEY (client_id, grain, starts_at, writer)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX access_sums_ending ON gatehouse.access_sums (grain, starts_at);

-- Append-only for workers, as the audit log is.
GRANT USAGE ON SEQUENCE gatehouse.access_log_ids TO :"worker";
GRANT SELECT, INSERT ON gatehouse.access_log TO :"worker";
GRANT SELECT, INSERT, UPDATE, DELETE ON gatehouse.access_sums TO :"worker";

-- Reading it across tenants goes by id, which grows with time.
CREATE INDEX audit_log_by_id ON gatehouse.audit_log (id);

COMMIT;
