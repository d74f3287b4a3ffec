-- Deploy gatehouse:definer_functions_idaas to pg
-- What must be asked before a tenant is known, or of all of them; see definer_functions.

BEGIN;

-- Whose key this is, where it lives at that time.
CREATE FUNCTION gatehouse.tenant_key_owner(hash bytea, at timestamptz)
RETURNS TABLE (tenant_id text, kind text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp AS $$
  SELECT k.tenant_id, k.kind FROM gatehouse.tenant_keys k
   WHERE k.key_hash = hash AND (k.expires_at IS NULL OR k.expires_at > at)
$$;

-- All of them, by id, after this one.
CREATE FUNCTION gatehouse.tenants_list(after text, most integer)
RETURNS TABLE (tenant_id text, name text, created_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp AS $$
  SELECT t.tenant_id, t.name, t.created_at FROM gatehouse.tenants t
   WHERE t.tenant_id > after ORDER BY t.tenant_id LIMIT least(most, 1001)
$$;

-- Keys whose overlap has ended; how many went.
CREATE FUNCTION gatehouse.tenant_keys_delete_expired(before timestamptz, most integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp AS $$
  WITH gone AS (
    DELETE FROM gatehouse.tenant_keys WHERE (tenant_id, key_hash) IN (
      SELECT k.tenant_id, k.key_hash FROM gatehouse.tenant_keys k
       WHERE k.expires_at <= before ORDER BY k.expires_at LIMIT most FOR UPDATE SKIP LOCKED)
    RETURNING 1)
  SELECT count(*) FROM gone
$$;

-- Counters whose window began that long ago; how many went.
CREATE FUNCTION gatehouse.login_attempts_delete_expired(before timestamptz, most integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp AS $$
  WITH gone AS (
    DELETE FROM gatehouse.login_attempts WHERE (tenant_id, address, account) IN (
      SELECT a.tenant_id, a.address, a.account FROM gatehouse.login_attempts a
       WHERE a.started_at <= before ORDER BY a.started_at LIMIT most FOR UPDATE SKIP LOCKED)
    RETURNING 1)
  SELECT count(*) FROM gone
$$;

REVOKE ALL ON FUNCTION gatehouse.tenant_key_owner(bytea, timestamptz) FROM PUBLIC;
REVOKE ALL ON FUNCTION gatehouse.tenants_list(text, integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION gatehouse.tenant_keys_delete_expired(timestamptz, integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION gatehouse.login_attempts_delete_expired(timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gatehouse.tenant_key_owner(bytea, timestamptz) TO :"worker";
GRANT EXECUTE ON FUNCTION gatehouse.tenants_list(text, integer) TO :"worker";
GRANT EXECUTE ON FUNCTION gatehouse.tenant_keys_delete_expired(timestamptz, integer) TO :"worker";
GRANT EXECUTE ON FUNCTION gatehouse.login_attempts_delete_expired(timestamptz, integer) TO :"worker";

COMMIT;
