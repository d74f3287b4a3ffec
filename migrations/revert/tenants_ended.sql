-- Revert gatehouse:tenants_ended from pg
BEGIN;
DROP FUNCTION gatehouse.dev_tokens_delete_of_tenant(text, integer);
CREATE OR REPLACE FUNCTION gatehouse.tenants_list(after text, most integer)
RETURNS TABLE (tenant_id text, name text, created_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp AS $$
  SELECT t.tenant_id, t.name, t.created_at FROM gatehouse.tenants t
   WHERE t.tenant_id > after ORDER BY t.tenant_id LIMIT least(most, 1001)
$$;
CREATE OR REPLACE FUNCTION gatehouse.user_owner(of_user text)
RETURNS TABLE (tenant_id text, token_version bigint, disabled_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp AS $$
  SELECT u.tenant_id, u.token_version, u.disabled_at FROM gatehouse.users u WHERE u.user_id = of_user
$$;
CREATE OR REPLACE FUNCTION gatehouse.dev_token_owner(hash bytea, at timestamptz)
RETURNS TABLE (tenant_id text, token_id text, created_at timestamptz, expires_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp AS $$
  SELECT t.tenant_id, t.token_id, t.created_at, t.expires_at FROM gatehouse.dev_tokens t
   WHERE t.token_hash = hash AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > at)
$$;
DROP TRIGGER stays_ended ON gatehouse.tenants;
ALTER TABLE gatehouse.tenants DROP COLUMN ended_at;
DROP FUNCTION gatehouse.tenant_stays_ended();
COMMIT;
