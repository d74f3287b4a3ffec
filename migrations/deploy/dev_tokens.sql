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

GRANT SELECT, INSERT, UPDATE ON gatehouse.dev_tokens TO :"worker";

COMMIT;
