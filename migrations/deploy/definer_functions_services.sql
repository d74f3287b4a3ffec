-- Deploy gatehouse:definer_functions_services to pg
-- More of what runs with the owner's rights on a worker's behalf, under the rules of definer_functions.sql: the weeks
-- of the access log, reading the audit log across tenants, and whose user somebody is.

BEGIN;

-- Makes the partition of the week of from_time (from Monday, UTC) and of so many weeks after it; says how many were
-- missing.
CREATE FUNCTION gatehouse.access_log_partitions_make(from_time timestamptz, weeks integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp AS $$
DECLARE
  first     timestamp := date_trunc('week', from_time AT TIME ZONE 'UTC');
  week      timestamp;
  partition text;
  made      integer := 0;
BEGIN
  -- Others who do the same wait here; inserts do not.
  LOCK TABLE gatehouse.access_log IN SHARE UPDATE EXCLUSIVE MODE;
  FOR n IN 0..least(weeks, 104) LOOP
    week := first + make_interval(weeks => n);
    partition := 'access_log_' || to_char(week, 'YYYY_MM_DD');
    CONTINUE WHEN to_regclass('gatehouse.' || quote_ident(partition)) IS NOT NULL;
    EXECUTE format('CREATE TABLE gatehouse.%I (LIKE gatehouse.access_log INCLUDING CONSTRAINTS INCLUDING DEFAULTS)',
      partition);
    -- What came before its week was made is in the default partition, and must go before the week can be attached.
    LOCK TABLE gatehouse.access_log_default IN ACCESS EXCLUSIVE MODE;
    EXECUTE format(
      'WITH moved AS (DELETE FROM gatehouse.access_log_default WHERE created_at >= $1 AND created_at < $2
         RETURNING client_id, id, created_at, endpoint, method, status_code, response_time_ms, ip_address, user_agent)
       INSERT INTO gatehouse.%I (client_id, id, created_at, endpoint, method, status_code, response_time_ms,
                                 ip_address, user_agent)
       SELECT client_id, id, created_at, endpoint, method, status_code, response_time_ms, ip_address, user_agent
         FROM moved', partition)
      USING week AT TIME ZONE 'UTC', (week + interval '1 week') AT TIME ZONE 'UTC';
    EXECUTE format('ALTER TABLE gatehouse.access_log ATTACH PARTITION gatehouse.%I FOR VALUES FROM (%L) TO (%L)',
      partition, week AT TIME ZONE 'UTC', (week + interval '1 week') AT TIME ZONE 'UTC');
    made := made + 1;
  END LOOP;
  RETURN made;
END $$;

-- Drops the oldest week that had ended by `before`, and some such rows of the default partition; 0: there is no more.
-- One week a call, and no waiting for whoever reads: meanwhile every insert would wait too. The last day stays
-- whatever the caller says.
CREATE FUNCTION gatehouse.access_log_partitions_drop(before timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp SET lock_timeout = '100ms' AS $$
DECLARE
  until     timestamptz := least(before, now() - interval '1 day');
  partition text;
  gone      integer;
BEGIN
  DELETE FROM gatehouse.access_log_default WHERE ctid IN (
    SELECT ctid FROM gatehouse.access_log_default WHERE created_at < until LIMIT 10000);
  GET DIAGNOSTICS gone = ROW_COUNT;
  SELECT c.relname INTO partition FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
   WHERE i.inhparent = 'gatehouse.access_log'::regclass AND c.relname ~ '^access_log_\d{4}_\d{2}_\d{2}$'
     AND (to_date(right(c.relname, 10), 'YYYY_MM_DD') + interval '1 week') AT TIME ZONE 'UTC' <= until
   ORDER BY c.relname LIMIT 1;
  IF partition IS NULL THEN RETURN least(gone, 1); END IF;
  EXECUTE format('DROP TABLE gatehouse.%I', partition);
  RETURN 1;
END $$;

-- The audit log of all tenants, the newest first, from before an id on; NULL: no such condition. Custom plans: what
-- is NULL drops out of the plan.
CREATE FUNCTION gatehouse.audit_read(before_id text, of_actor text, of_action text, of_target text,
                                     since timestamptz, until timestamptz, most integer)
RETURNS TABLE (id text, at timestamptz, tenant_id text, actor text, action text, target text, client_address text,
               request_id text, detail text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp
SET plan_cache_mode = force_custom_plan AS $$
BEGIN
  RETURN QUERY
    SELECT a.id, a.at, a.tenant_id, a.actor, a.action, a.target, a.client_address, a.request_id, a.detail::text
      FROM gatehouse.audit_log a
     WHERE (before_id IS NULL OR a.id < before_id) AND (of_actor IS NULL OR a.actor = of_actor)
       AND (of_action IS NULL OR a.action = of_action) AND (of_target IS NULL OR a.target = of_target)
       AND (since IS NULL OR a.at >= since) AND (until IS NULL OR a.at < until)
     ORDER BY a.id DESC LIMIT least(most, 1001);
END $$;

-- Whose user this is.
CREATE FUNCTION gatehouse.user_owner(of_user text)
RETURNS TABLE (tenant_id text, token_version bigint, disabled_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp AS $$
  SELECT u.tenant_id, u.token_version, u.disabled_at FROM gatehouse.users u WHERE u.user_id = of_user
$$;

DO $$ BEGIN PERFORM gatehouse.access_log_partitions_make(now(), 2); END $$;

REVOKE ALL ON FUNCTION gatehouse.access_log_partitions_make(timestamptz, integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION gatehouse.access_log_partitions_drop(timestamptz) FROM PUBLIC;
REVOKE ALL ON FUNCTION gatehouse.audit_read(text, text, text, text, timestamptz, timestamptz, integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION gatehouse.user_owner(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gatehouse.user_owner(text) TO :"worker";
GRANT EXECUTE ON FUNCTION gatehouse.access_log_partitions_make(timestamptz, integer) TO :"worker";
GRANT EXECUTE ON FUNCTION gatehouse.access_log_partitions_drop(timestamptz) TO :"worker";
GRANT EXECUTE ON FUNCTION gatehouse.audit_read(text, text, text, text, timestamptz, timestamptz, integer)
  TO :"worker";

-- Dropping a month waits for whoever reads, and every insert would wait behind it: not for longer than this.
ALTER FUNCTION gatehouse.audit_partitions_drop(timestamptz) SET lock_timeout = '100ms';

COMMIT;
