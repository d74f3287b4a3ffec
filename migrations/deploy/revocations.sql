-- Deploy gatehouse:revocations to pg

BEGIN;

-- key: token:<jti>, family:<id>, client:<id>, …; see db/revocations.h.
-- written_by is for whoever follows the table: by time, a transaction that commits late would be missed. Who
-- remembers pg_snapshot_xmin(pg_current_snapshot()) of each look and next reads what was written by that
-- transaction or later misses none (and sees some twice).
CREATE TABLE gatehouse.revocations (
  key          text PRIMARY KEY CHECK (key <> ''),
  min_version  bigint NOT NULL,
  effective_at timestamptz NOT NULL,
  expires_at   timestamptz NOT NULL,
  written_by   xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX revocations_written_by ON gatehouse.revocations (written_by);
CREATE INDEX revocations_expiring ON gatehouse.revocations (expires_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON gatehouse.revocations TO :"worker";

COMMIT;
