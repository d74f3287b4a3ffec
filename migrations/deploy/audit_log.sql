-- Deploy gatehouse:audit_log to pg
-- Partitioned by month, so that cleaning drops whole months. Workers may add rows and read their tenant's; they
-- have no right on a partition itself, whose row-level security would have no policy to let them in either.

BEGIN;

-- id: the time in microseconds and some random characters; grows with time and tells nothing else.
CREATE TABLE gatehouse.audit_log (
  tenant_id      text NOT NULL CHECK (tenant_id <> ''),
  at             timestamptz NOT NULL,
  id             text NOT NULL,
  actor          text NOT NULL,
  action         text NOT NULL,
  target         text NOT NULL,
  client_address text NOT NULL,
  request_id     text NOT NULL,
  detail         jsonb NOT NULL,
  PRIMARY KEY (tenant_id, at, id)
) PARTITION BY RANGE (at);

-- Takes what has no month of its own, so that no insert ever fails for it.
CREATE TABLE gatehouse.audit_log_default PARTITION OF gatehouse.audit_log DEFAULT;

ALTER TABLE gatehouse.audit_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE gatehouse.audit_log_default ENABLE ROW LEVEL SECURITY;
CREATE POLICY audit_log_own ON gatehouse.audit_log
  USING (tenant_id = current_setting('app.tenant', true));

GRANT SELECT, INSERT ON gatehouse.audit_log TO :"worker";

COMMIT;
