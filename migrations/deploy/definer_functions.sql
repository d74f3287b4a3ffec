-- Deploy gatehouse:definer_functions to pg
-- All that runs with the owner's rights on a worker's behalf. Each has a fixed search_path (pg_temp last, or a
-- temporary table would come first), is taken from PUBLIC, and granted by name. A test lists them.

BEGIN;

-- Makes the partition of the month of from_time and of so many months after it; says how many were missing.
CREATE FUNCTION gatehouse.audit_partitions_make(from_time timestamptz, months integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp AS $$
DECLARE
  first     timestamp := date_trunc('month', from_time AT TIME ZONE 'UTC');
  month     timestamp;
  partition text;
  made      integer := 0;
BEGIN
  -- Others who do the same wait here; inserts do not.
  LOCK TABLE gatehouse.audit_log IN SHARE UPDATE EXCLUSIVE MODE;
  FOR n IN 0..least(months, 24) LOOP
    month := first + make_interval(months => n);
    partition := 'audit_log_' || to_char(month, 'YYYY_MM');
    CONTINUE WHEN to_regclass('gatehouse.' || quote_ident(partition)) IS NOT NULL;
    EXECUTE format('CREATE TABLE gatehouse.%I (LIKE gatehouse.audit_log INCLUDING CONSTRAINTS)', partition);
    EXECUTE format('ALTER TABLE gatehouse.%I ENABLE ROW LEVEL SECURITY', partition);
    -- What came before its month was made is in the default partition, and must go before the month can be
    -- attached.
    LOCK TABLE gatehouse.audit_log_default IN ACCESS EXCLUSIVE MODE;
    EXECUTE format(
      'WITH moved AS (DELETE FROM gatehouse.audit_log_default WHERE at >= $1 AND at < $2
         RETURNING tenant_id, at, id, actor, action, target, client_address, request_id, detail)
       INSERT INTO gatehouse.%I (tenant_id, at, id, actor, action, target, client_address, request_id, detail)
       SELECT tenant_id, at, id, actor, action, target, client_address, request_id, detail FROM moved', partition)
      USING month AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC';
    EXECUTE format('ALTER TABLE gatehouse.audit_log ATTACH PARTITION gatehouse.%I FOR VALUES FROM (%L) TO (%L)',
      partition, month AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC');
    made := made + 1;
  END LOOP;
  RETURN made;
END $$;

-- Drops the months that had ended by `before`, and such rows of the default partition; says how many partitions
-- went. The last 30 days stay whatever the caller says: a worker that has been taken over must not be able to
-- wipe its traces.
CREATE FUNCTION gatehouse.audit_partitions_drop(before timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp AS $$
DECLARE
  until     timestamptz := least(before, now() - interval '30 days');
  partition text;
  dropped   integer := 0;
BEGIN
  FOR partition IN
    SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = 'gatehouse.audit_log'::regclass AND c.relname ~ '^audit_log_\d{4}_\d{2}$'
       AND (to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month') AT TIME ZONE 'UTC' <= until
  LOOP
    EXECUTE format('DROP TABLE gatehouse.%I', partition);
    dropped := dropped + 1;
  END LOOP;
  DELETE FROM gatehouse.audit_log_default WHERE at < until;
  RETURN dropped;
END $$;

REVOKE ALL ON FUNCTION gatehouse.audit_partitions_make(timestamptz, integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION gatehouse.audit_partitions_drop(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gatehouse.audit_partitions_make(timestamptz, integer) TO :"worker";
GRANT EXECUTE ON FUNCTION gatehouse.audit_partitions_drop(timestamptz) TO :"worker";

DO $$ BEGIN PERFORM gatehouse.audit_partitions_make(now(), 3); END $$;

COMMIT;
