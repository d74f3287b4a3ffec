-- Deploy gatehouse:worker_rights to pg
-- What a worker that has been taken over can do to the database is what its role may: here it loses what no worker
-- needs. It deletes by functions only, which look at PostgreSQL's own clock and so delete nothing but what has expired;
-- it updates only the columns that it has a reason to; it cannot write in the name of the command line. The owner
-- (session_user = current_user in a function that runs as the owner) is bound by none of this.
-- Keepers of the release before fail to delete until they are replaced, say so in their log, and lose nothing.

BEGIN;

-- NULL: never once authenticated. Of those that are there already nobody knows, so they count as used.
ALTER TABLE gatehouse.services ADD COLUMN first_used_at timestamptz;
UPDATE gatehouse.services SET first_used_at = created_at;
CREATE INDEX services_unused ON gatehouse.services (created_at) WHERE first_used_at IS NULL;

-- --- Deleting what has expired; each says how many rows went --------------------------------------------------------

CREATE FUNCTION gatehouse.revocations_delete_expired(before timestamptz, most integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp AS $$
  WITH gone AS (
    DELETE FROM gatehouse.revocations WHERE key IN (
      SELECT r.key FROM gatehouse.revocations r
       WHERE r.expires_at <= least(before, CASE WHEN session_user = current_user THEN before ELSE now() END)
       ORDER BY r.expires_at LIMIT least(most, 10000) FOR UPDATE SKIP LOCKED)
    RETURNING 1)
  SELECT count(*) FROM gone
$$;

CREATE FUNCTION gatehouse.token_families_delete_expired(before timestamptz, most integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp AS $$
  WITH gone AS (
    DELETE FROM gatehouse.token_families WHERE family_id IN (
      SELECT f.family_id FROM gatehouse.token_families f
       WHERE f.expires_at <= least(before, CASE WHEN session_user = current_user THEN before ELSE now() END)
       ORDER BY f.expires_at LIMIT least(most, 10000) FOR UPDATE SKIP LOCKED)
    RETURNING 1)
  SELECT count(*) FROM gone
$$;

CREATE FUNCTION gatehouse.service_secrets_delete_expired(before timestamptz, most integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp AS $$
  WITH gone AS (
    DELETE FROM gatehouse.service_secrets WHERE (client_id, secret_hash) IN (
      SELECT s.client_id, s.secret_hash FROM gatehouse.service_secrets s
       WHERE s.expires_at <= least(before, CASE WHEN session_user = current_user THEN before ELSE now() END)
       ORDER BY s.expires_at LIMIT least(most, 10000) FOR UPDATE SKIP LOCKED)
    RETURNING 1)
  SELECT count(*) FROM gone
$$;

-- The last day stays whatever a worker asks for, as that of the access log does.
CREATE FUNCTION gatehouse.access_sums_delete_before(of_grain text, before timestamptz, most integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp AS $$
  WITH gone AS (
    DELETE FROM gatehouse.access_sums WHERE (client_id, grain, starts_at, writer) IN (
      SELECT s.client_id, s.grain, s.starts_at, s.writer FROM gatehouse.access_sums s
       WHERE s.grain = of_grain
         AND s.starts_at < least(before, CASE WHEN session_user = current_user THEN before
                                              ELSE now() - interval '1 day' END)
       ORDER BY s.starts_at LIMIT least(most, 10000) FOR UPDATE SKIP LOCKED)
    RETURNING 1)
  SELECT count(*) FROM gone
$$;

CREATE OR REPLACE FUNCTION gatehouse.tenant_keys_delete_expired(before timestamptz, most integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp AS $$
  WITH gone AS (
    DELETE FROM gatehouse.tenant_keys WHERE (tenant_id, key_hash) IN (
      SELECT k.tenant_id, k.key_hash FROM gatehouse.tenant_keys k
       WHERE k.expires_at <= least(before, CASE WHEN session_user = current_user THEN before ELSE now() END)
       ORDER BY k.expires_at LIMIT least(most, 10000) FOR UPDATE SKIP LOCKED)
    RETURNING 1)
  SELECT count(*) FROM gone
$$;

-- A day is the longest LOGIN_WINDOW: no counter goes that still counts.
CREATE OR REPLACE FUNCTION gatehouse.login_attempts_delete_expired(before timestamptz, most integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp AS $$
  WITH gone AS (
    DELETE FROM gatehouse.login_attempts WHERE (tenant_id, address, account) IN (
      SELECT a.tenant_id, a.address, a.account FROM gatehouse.login_attempts a
       WHERE a.started_at <= least(before, CASE WHEN session_user = current_user THEN before
                                                ELSE now() - interval '1 day' END)
       ORDER BY a.started_at LIMIT least(most, 10000) FOR UPDATE SKIP LOCKED)
    RETURNING 1)
  SELECT count(*) FROM gone
$$;

-- Service clients that were registered by then, never authenticated and have no scope: registration is open, and
-- what nobody came back for must not stay for ever. Each leaves its line in the audit log. Not younger than 30 days
-- whatever the caller says. Looked at twice: a scope that was granted between the two looks keeps its client.
CREATE FUNCTION gatehouse.services_delete_unused(before timestamptz, most integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp AS $$
DECLARE
  until   timestamptz := least(before, CASE WHEN session_user = current_user THEN before
                                            ELSE now() - interval '30 days' END);
  unused  text[];
  removed bigint;
BEGIN
  SELECT array_agg(client_id) INTO unused FROM (
    SELECT s.client_id FROM gatehouse.services s
     WHERE s.first_used_at IS NULL AND s.created_at <= until
       AND NOT EXISTS (SELECT 1 FROM gatehouse.service_scopes g WHERE g.client_id = s.client_id)
     ORDER BY s.created_at LIMIT least(most, 10000) FOR UPDATE SKIP LOCKED) AS candidates;
  WITH gone AS (
    DELETE FROM gatehouse.services s
     WHERE s.client_id = ANY (unused) AND s.first_used_at IS NULL
       AND NOT EXISTS (SELECT 1 FROM gatehouse.service_scopes g WHERE g.client_id = s.client_id)
    RETURNING s.client_id)
  INSERT INTO gatehouse.audit_log (tenant_id, at, id, actor, action, target, client_address, request_id, detail)
  SELECT 'tnt_default', now(),
         to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS') || '-' || left(gen_random_uuid()::text, 8),
         'keeper', 'service.removed', client_id, '', '', '{"reason":"never used"}'
    FROM gone;
  GET DIAGNOSTICS removed = ROW_COUNT;
  RETURN removed;
END $$;

-- --- Partitions: near now only, or a worker could make them by the thousand ------------------------------------------

ALTER FUNCTION gatehouse.audit_partitions_make(timestamptz, integer) RENAME TO audit_partitions_make_at;
ALTER FUNCTION gatehouse.access_log_partitions_make(timestamptz, integer) RENAME TO access_log_partitions_make_at;
REVOKE ALL ON FUNCTION gatehouse.audit_partitions_make_at(timestamptz, integer) FROM :"worker";
REVOKE ALL ON FUNCTION gatehouse.access_log_partitions_make_at(timestamptz, integer) FROM :"worker";

CREATE FUNCTION gatehouse.audit_partitions_make(from_time timestamptz, months integer) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp AS $$
  SELECT CASE WHEN session_user = current_user
                OR from_time BETWEEN now() - interval '2 years' AND now() + interval '2 years'
              THEN gatehouse.audit_partitions_make_at(from_time, months) ELSE 0 END
$$;

CREATE FUNCTION gatehouse.access_log_partitions_make(from_time timestamptz, weeks integer) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp AS $$
  SELECT CASE WHEN session_user = current_user
                OR from_time BETWEEN now() - interval '2 years' AND now() + interval '2 years'
              THEN gatehouse.access_log_partitions_make_at(from_time, weeks) ELSE 0 END
$$;

-- --- Rights -----------------------------------------------------------------------------------------------------------

REVOKE ALL ON FUNCTION gatehouse.revocations_delete_expired(timestamptz, integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION gatehouse.token_families_delete_expired(timestamptz, integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION gatehouse.service_secrets_delete_expired(timestamptz, integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION gatehouse.access_sums_delete_before(text, timestamptz, integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION gatehouse.services_delete_unused(timestamptz, integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION gatehouse.audit_partitions_make(timestamptz, integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION gatehouse.access_log_partitions_make(timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gatehouse.revocations_delete_expired(timestamptz, integer) TO :"worker";
GRANT EXECUTE ON FUNCTION gatehouse.token_families_delete_expired(timestamptz, integer) TO :"worker";
GRANT EXECUTE ON FUNCTION gatehouse.service_secrets_delete_expired(timestamptz, integer) TO :"worker";
GRANT EXECUTE ON FUNCTION gatehouse.access_sums_delete_before(text, timestamptz, integer) TO :"worker";
GRANT EXECUTE ON FUNCTION gatehouse.services_delete_unused(timestamptz, integer) TO :"worker";
GRANT EXECUTE ON FUNCTION gatehouse.audit_partitions_make(timestamptz, integer) TO :"worker";
GRANT EXECUTE ON FUNCTION gatehouse.access_log_partitions_make(timestamptz, integer) TO :"worker";

-- Secrets are rotated and clients disabled on the command line. (Locking a row takes the right to update some column.)
REVOKE INSERT, UPDATE ON gatehouse.services FROM :"worker";
GRANT INSERT (client_id, service_name, description, created_at) ON gatehouse.services TO :"worker";
GRANT UPDATE (token_version, first_used_at) ON gatehouse.services TO :"worker";
REVOKE UPDATE, DELETE ON gatehouse.service_secrets FROM :"worker";

REVOKE UPDATE, DELETE ON gatehouse.token_families FROM :"worker";
GRANT UPDATE (current_hash, parent_hash, replay, rotated_at, access_expires_at, ended_at)
  ON gatehouse.token_families TO :"worker";

REVOKE UPDATE, DELETE ON gatehouse.revocations FROM :"worker";
GRANT UPDATE (min_version, effective_at, expires_at, spares, written_by) ON gatehouse.revocations TO :"worker";

REVOKE UPDATE ON gatehouse.tenants FROM :"worker";
GRANT UPDATE (name) ON gatehouse.tenants TO :"worker";
REVOKE UPDATE, DELETE ON gatehouse.tenant_keys FROM :"worker";
GRANT UPDATE (expires_at) ON gatehouse.tenant_keys TO :"worker";
REVOKE UPDATE ON gatehouse.users FROM :"worker";
GRANT UPDATE (profile, password_hash, disabled_at, token_version) ON gatehouse.users TO :"worker";
REVOKE UPDATE ON gatehouse.login_attempts FROM :"worker";
GRANT UPDATE (attempts, started_at) ON gatehouse.login_attempts TO :"worker";

-- The numbers of the access log are the sequence's.
REVOKE INSERT ON gatehouse.access_log FROM :"worker";
GRANT INSERT (client_id, created_at, endpoint, method, status_code, response_time_ms, ip_address, user_agent)
  ON gatehouse.access_log TO :"worker";
REVOKE UPDATE, DELETE ON gatehouse.access_sums FROM :"worker";
GRANT UPDATE (requests, errors, milliseconds) ON gatehouse.access_sums TO :"worker";

-- A revocation grows and never shrinks: else whoever may update could take one back.
CREATE FUNCTION gatehouse.revocation_only_grows() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, gatehouse, pg_temp AS $$
BEGIN
  IF new.min_version < old.min_version OR new.effective_at > old.effective_at OR new.expires_at < old.expires_at THEN
    RAISE insufficient_privilege USING MESSAGE = 'permission denied: a revocation cannot be taken back';
  END IF;
  RETURN new;
END $$;
REVOKE ALL ON FUNCTION gatehouse.revocation_only_grows() FROM PUBLIC;
CREATE TRIGGER only_grows BEFORE UPDATE ON gatehouse.revocations
  FOR EACH ROW EXECUTE FUNCTION gatehouse.revocation_only_grows();

-- Lines in the name of the command line, or of the keeper, are the owner's to write: row-level security does not bind
-- the owner.
ALTER POLICY audit_log_own ON gatehouse.audit_log
  WITH CHECK (tenant_id = current_setting('app.tenant', true) AND actor NOT LIKE 'cli:%' AND actor <> 'keeper');

-- Large objects belong to no schema: whoever is in the database may make them, as many as the disk takes. The functions
-- are the superuser's, who alone can close them. In the private PostgreSQL scripts/up does it; elsewhere it is done here
-- where the owner of the database may, and else it is for the administrator (docs/operations.md has the statement): not
-- being a superuser is no reason to refuse a PostgreSQL.
SELECT format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', p.oid::regprocedure)
  FROM pg_proc p
 WHERE p.pronamespace = 'pg_catalog'::regnamespace
   AND p.proname IN ('lo_creat', 'lo_create', 'lo_from_bytea', 'lo_import') AND pg_has_role(p.proowner, 'USAGE')
\gexec

COMMIT;
