-- Deploy gatehouse:definer_functions_dev_tokens to pg
-- What must be asked of developer tokens before a tenant is known, or of all of them; see definer_functions.

BEGIN;

-- Whose token this is, where it lives at that time.
CREATE FUNCTION gatehouse.dev_token_owner(hash bytea, at timestamptz)
RETURNS TABLE (tenant_id text, token_id text, created_at timestamptz, expires_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp AS $$
  SELECT t.tenant_id, t.token_id, t.created_at, t.expires_at FROM gatehouse.dev_tokens t
   WHERE t.token_hash = hash AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > at)
$$;

-- The tenant of the token of this id, whatever its state.
CREATE FUNCTION gatehouse.dev_token_tenant(of_token text) RETURNS TABLE (tenant_id text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp AS $$
  SELECT t.tenant_id FROM gatehouse.dev_tokens t WHERE t.token_id = of_token
$$;

-- Those of all tenants, or of one ('' : all), in the order in which they were made, after this one.
CREATE FUNCTION gatehouse.dev_tokens_list(of_tenant text, after_time timestamptz, after_id text, most integer)
RETURNS TABLE (tenant_id text, token_id text, note text, created_by text, created_at timestamptz,
               expires_at timestamptz, last_used timestamptz, revoked_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp AS $$
  SELECT t.tenant_id, t.token_id, t.note, t.created_by, t.created_at, t.expires_at, t.last_used, t.revoked_at
    FROM gatehouse.dev_tokens t
   WHERE (t.created_at, t.token_id) > (after_time, after_id) AND (of_tenant = '' OR t.tenant_id = of_tenant)
   ORDER BY t.created_at, t.token_id LIMIT least(most, 1001)
$$;

-- When they were used last, as JSON: [{"id": "jt_…", "at": microseconds}]. Rows are locked in the order of their ids,
-- so that no two workers wait for each other; what another one has written later stays.
CREATE FUNCTION gatehouse.dev_tokens_used(uses json) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp AS $$
  WITH used AS (
    SELECT u.id, timestamptz 'epoch' + u.at * interval '1 microsecond' AS at
      FROM json_to_recordset(uses) AS u (id text, at bigint)),
  held AS (
    SELECT t.tenant_id, t.token_id, used.at FROM gatehouse.dev_tokens t JOIN used ON used.id = t.token_id
     WHERE t.last_used IS NULL OR t.last_used < used.at
     ORDER BY t.token_id FOR NO KEY UPDATE OF t),
  written AS (
    UPDATE gatehouse.dev_tokens t SET last_used = greatest(t.last_used, held.at) FROM held
     WHERE t.tenant_id = held.tenant_id AND t.token_id = held.token_id
    RETURNING 1)
  SELECT count(*) FROM written
$$;

REVOKE ALL ON FUNCTION gatehouse.dev_token_owner(bytea, timestamptz) FROM PUBLIC;
REVOKE ALL ON FUNCTION gatehouse.dev_token_tenant(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION gatehouse.dev_tokens_list(text, timestamptz, text, integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION gatehouse.dev_tokens_used(json) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gatehouse.dev_token_owner(bytea, timestamptz) TO :"worker";
GRANT EXECUTE ON FUNCTION gatehouse.dev_token_tenant(text) TO :"worker";
GRANT EXECUTE ON FUNCTION gatehouse.dev_tokens_list(text, timestamptz, text, integer) TO :"worker";
GRANT EXECUTE ON FUNCTION gatehouse.dev_tokens_used(json) TO :"worker";

COMMIT;
