-- Deploy gatehouse:tenants to pg
-- The schema that everything lives in, and the tenants. `worker` is the role of the workers: it owns nothing,
-- and row-level security binds it.

BEGIN;

-- \gexec: where somebody has dropped the schema public there is nothing to revoke.
SELECT 'REVOKE CREATE ON SCHEMA public FROM PUBLIC' FROM pg_namespace WHERE nspname = 'public'
\gexec
-- A temporary table could stand in the way of a real one.
REVOKE TEMPORARY ON DATABASE :"DBNAME" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"DBNAME" TO :"worker";

CREATE SCHEMA gatehouse;
GRANT USAGE ON SCHEMA gatehouse TO :"worker";

CREATE TABLE gatehouse.tenants (
  tenant_id  text PRIMARY KEY CHECK (tenant_id <> ''),
  name       text NOT NULL,
  created_at timestamptz NOT NULL
);

-- Outside a transaction that has set it, app.tenant is NULL, or '' after the first that did: neither is a tenant.
ALTER TABLE gatehouse.tenants ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenants_own ON gatehouse.tenants
  USING (tenant_id = current_setting('app.tenant', true));

GRANT SELECT ON gatehouse.tenants TO :"worker";

-- The installation's own.
INSERT INTO gatehouse.tenants (tenant_id, name, created_at) VALUES ('tnt_default', 'default', now());

COMMIT;
