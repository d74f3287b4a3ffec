-- Deploy gatehouse:dev_tokens to pg
-- Tokens of developers (seed 001), found by the SHA-256 of the whole token. `sealed` is a copy under VAULT_KEYS for
-- `info --reveal`; DEVTOKEN_REVEAL=off keeps none.

BEGIN;

CREATE TABLE gatehouse.dev_tokens (
  tenant_id  text NOT NULL CHECK (tenant_id <> '') REFERENCES gatehouse.tenants ON DELETE CASCADE,
  token_id   text NOT NULL CHECK (token_id <> ''),
  token_hash bytea NOT NULL CHECK (octet_length(token_hash) = 32),
  sealed     bytea,
  note       text NOT NULL,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz,
  last_used  timestamptz,
  revoked_at timestamptz,
  PRIMARY KEY (tenant_id, token_id)
);
-- Administrators name a token by its id alone.
CREATE UNIQUE INDEX dev_tokens_id ON gatehouse.dev_tokens (token_id);
CREATE UNIQUE INDEX dev_tokens_hash ON gatehouse.dev_tokens (token_hash);
-- The order in which they are listed.
CREATE INDEX dev_tokens_created ON gatehouse.dev_tokens (created_at, token_id);

ALTER TABLE gatehouse.dev_tokens ENABLE ROW LEVEL SECURITY;
CREATE POLICY dev_tokens_own ON gatehouse.dev_tokens
  USING (tenant_id = current_setting('app.tenant', true));

-- Revoked once is revoked for ever.
CREATE FUNCTION gatehouse.dev_token_stays_revoked() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, gatehouse, pg_temp AS $$
BEGIN
  IF new.revoked_at IS DISTINCT FROM old.revoked_at THEN
    RAISE insufficient_privilege USING MESSAGE = 'permission denied: a revoked token stays revoked';
  END IF;
  RETURN new;
END $$;
REVOKE ALL ON FUNCTION gatehouse.dev_token_stays_revoked() FROM PUBLIC;
CREATE TRIGGER stays_revoked BEFORE UPDATE OF revoked_at ON gatehouse.dev_tokens
  FOR EACH ROW WHEN (old.revoked_at IS NOT NULL) EXECUTE FUNCTION gatehouse.dev_token_stays_revoked();

-- When it was used last is written by a function (definer_functions_dev_tokens).
GRANT SELECT, INSERT, UPDATE (revoked_at) ON gatehouse.dev_tokens TO :"worker";

COMMIT;
