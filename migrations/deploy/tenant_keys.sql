-- Deploy gatehouse:tenant_keys to pg
-- Workers make, rename and delete tenants from now on; row-level security holds them to the one that they have set.

BEGIN;

GRANT INSERT, UPDATE, DELETE ON gatehouse.tenants TO :"worker";

-- A key is found by the SHA-256 of its whole text. Of a public key the text stays readable: it is no secret. While a
-- rotation overlaps, the older one has its end.
CREATE TABLE gatehouse.tenant_keys (
  tenant_id  text NOT NULL CHECK (tenant_id <> '') REFERENCES gatehouse.tenants ON DELETE CASCADE,
  key_hash   bytea NOT NULL CHECK (octet_length(key_hash) = 32),
  kind       text NOT NULL CHECK (kind IN ('public', 'secret')),
  public_key text,
  created_at timestamptz NOT NULL,
  expires_at timestamptz,
  PRIMARY KEY (tenant_id, key_hash),
  CHECK ((kind = 'public') = (public_key IS NOT NULL))
);
CREATE UNIQUE INDEX tenant_keys_hash ON gatehouse.tenant_keys (key_hash);
CREATE INDEX tenant_keys_expiring ON gatehouse.tenant_keys (expires_at) WHERE expires_at IS NOT NULL;

ALTER TABLE gatehouse.tenant_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_keys_own ON gatehouse.tenant_keys
  USING (tenant_id = current_setting('app.tenant', true));

GRANT SELECT, INSERT, UPDATE, DELETE ON gatehouse.tenant_keys TO :"worker";

COMMIT;
