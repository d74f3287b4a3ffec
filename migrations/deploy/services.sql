-- Deploy gatehouse:services to pg
-- Service clients belong to the installation, to no tenant.

BEGIN;

CREATE TABLE gatehouse.services (
  client_id     text PRIMARY KEY CHECK (client_id <> ''),
  service_name  text NOT NULL,
  description   text NOT NULL,
  token_version bigint NOT NULL DEFAULT 1,
  created_at    timestamptz NOT NULL,
  disabled_at   timestamptz
);

-- SHA-256 of a random secret. Two live ones at most, the older with the end of its overlap.
CREATE TABLE gatehouse.service_secrets (
  client_id   text NOT NULL REFERENCES gatehouse.services ON DELETE CASCADE,
  secret_hash bytea NOT NULL CHECK (octet_length(secret_hash) = 32),
  created_at  timestamptz NOT NULL,
  expires_at  timestamptz,
  PRIMARY KEY (client_id, secret_hash)
);
CREATE INDEX service_secrets_expiring ON gatehouse.service_secrets (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE gatehouse.service_scopes (
  client_id  text NOT NULL REFERENCES gatehouse.services ON DELETE CASCADE,
  scope_name text NOT NULL CHECK (scope_name <> ''),
  granted_at timestamptz NOT NULL,
  granted_by text NOT NULL,
  PRIMARY KEY (client_id, scope_name)
);

GRANT SELECT, INSERT, UPDATE ON gatehouse.services TO :"worker";
GRANT SELECT, INSERT, UPDATE, DELETE ON gatehouse.service_secrets TO :"worker";
GRANT SELECT, INSERT, DELETE ON gatehouse.service_scopes TO :"worker";

COMMIT;
