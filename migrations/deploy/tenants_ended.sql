-- Deploy gatehouse:tenants_ended to pg
-- A tenant ends at once and goes in batches, which may be interrupted: from `ended_at` on it is gone for all but who
-- deletes it. Developer tokens, and whose user somebody is, are asked for across tenants: these functions look, too.

BEGIN;

ALTER TABLE gatehouse.tenants ADD COLUMN ended_at timestamptz;
-- Those whose deletion had begun. (tnt_default cannot be deleted.)
UPDATE gatehouse.tenants t SET ended_at = now()
 WHERE EXISTS (SELECT 1 FROM gatehouse.revocations r WHERE r.key = 'tenant:' || t.tenant_id);

-- Ended once is ended for ever.
CREATE FUNCTION gatehouse.tenant_stays_ended() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, gatehouse, pg_temp AS $$
BEGIN
  IF new.ended_at IS DISTINCT FROM old.ended_at THEN
    RAISE insufficient_privilege USING MESSAGE = 'permission denied: a tenant that has ended stays ended';
  END IF;
  RETURN new;
END $$;
REVOKE ALL ON FUNCTION gatehouse.tenant_stays_ended() FROM PUBLIC;
CREATE TRIGGER stays_ended BEFORE UPDATE OF ended_at ON gatehouse.tenants
  FOR EACH ROW WHEN (old.ended_at IS NOT NULL) EXECUTE FUNCTION gatehouse.tenant_stays_ended();
GRANT UPDATE (ended_at) ON gatehouse.tenants TO :"worker";

CREATE OR REPLACE FUNCTION gatehouse.dev_token_owner(hash bytea, at timestamptz)
RETURNS TABLE (tenant_id text, token_id text, created_at timestamptz, expires_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp AS $$
  SELECT t.tenant_id, t.token_id, t.created_at, t.expires_at FROM gatehouse.dev_tokens t
    JOIN gatehouse.tenants owning ON owning.tenant_id = t.tenant_id AND owning.ended_at IS NULL
   WHERE t.token_hash = hash AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > at)
$$;

CREATE OR REPLACE FUNCTION gatehouse.user_owner(of_user text)
RETURNS TABLE (tenant_id text, token_version bigint, disabled_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp AS $$
  SELECT u.tenant_id, u.token_version, u.disabled_at FROM gatehouse.users u
    JOIN gatehouse.tenants owning ON owning.tenant_id = u.tenant_id AND owning.ended_at IS NULL
   WHERE u.user_id = of_user
$$;

CREATE OR REPLACE FUNCTION gatehouse.tenants_list(after text, most integer)
RETURNS TABLE (tenant_id text, name text, created_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp AS $$
  SELECT t.tenant_id, t.name, t.created_at FROM gatehouse.tenants t
   WHERE t.tenant_id > after AND t.ended_at IS NULL ORDER BY t.tenant_id LIMIT least(most, 1001)
$$;

-- Those of a tenant that has ended: a worker deletes nobody else's.
CREATE FUNCTION gatehouse.dev_tokens_delete_of_tenant(of_tenant text, most integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp AS $$
  WITH gone AS (
    DELETE FROM gatehouse.dev_tokens WHERE (tenant_id, token_id) IN (
      SELECT d.tenant_id, d.token_id FROM gatehouse.dev_tokens d
        JOIN gatehouse.tenants owning ON owning.tenant_id = d.tenant_id AND owning.ended_at IS NOT NULL
       WHERE d.tenant_id = of_tenant
       LIMIT least(most, 10000) FOR UPDATE OF d SKIP LOCKED)
    RETURNING 1)
  SELECT count(*) FROM gone
$$;

REVOKE ALL ON FUNCTION gatehouse.dev_tokens_delete_of_tenant(text, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gatehouse.dev_tokens_delete_of_tenant(text, integer) TO :"worker";

COMMIT;
