-- Deploy gatehouse:dev_tokens_newest to pg
-- For who reads on a telephone: the newest developer tokens, and how many there are. The list in the order in which they
-- were made costs as many pages as there are tokens before them.

BEGIN;

-- Of all tenants, the newest first.
CREATE FUNCTION gatehouse.dev_tokens_newest(most integer)
RETURNS TABLE (tenant_id text, token_id text, note text, created_by text, created_at timestamptz,
               expires_at timestamptz, last_used timestamptz, revoked_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp AS $$
  SELECT t.tenant_id, t.token_id, t.note, t.created_by, t.created_at, t.expires_at, t.last_used, t.revoked_at
    FROM gatehouse.dev_tokens t
   ORDER BY t.created_at DESC, t.token_id DESC LIMIT least(most, 1001)
$$;

-- Counting all of a million would keep a worker from others: it ends at so many.
CREATE FUNCTION gatehouse.dev_tokens_count(most integer) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp AS $$
  SELECT count(*) FROM (SELECT FROM gatehouse.dev_tokens LIMIT least(most, 100000)) AS counted
$$;

REVOKE ALL ON FUNCTION gatehouse.dev_tokens_newest(integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION gatehouse.dev_tokens_count(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gatehouse.dev_tokens_newest(integer) TO :"worker";
GRANT EXECUTE ON FUNCTION gatehouse.dev_tokens_count(integer) TO :"worker";

COMMIT;
