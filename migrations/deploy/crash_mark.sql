-- Deploy gatehouse:crash_mark to pg
-- A server that has crashed gives the numbers of lost transactions again, and the feed goes by such numbers. An unlogged table
-- is empty after a crash, and after a failover: so what the feed reads here with its changes tells it whether this server has
-- crashed since it looked last. A worker that has been taken over cannot choose the mark.

BEGIN;

CREATE UNLOGGED TABLE gatehouse.crash_mark (
  only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
  mark     uuid NOT NULL DEFAULT gen_random_uuid()
);
GRANT SELECT ON gatehouse.crash_mark TO :"worker";
GRANT INSERT (only_one) ON gatehouse.crash_mark TO :"worker";

COMMIT;
