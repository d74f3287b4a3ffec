-- Deploy gatehouse:users to pg

BEGIN;

-- email is as it was given, email_key what it is compared by. profile is json, not jsonb: it keeps the text as it came,
-- its numbers, its order and its spaces.
CREATE TABLE gatehouse.users (
  tenant_id     text NOT NULL CHECK (tenant_id <> '') REFERENCES gatehouse.tenants ON DELETE CASCADE,
  user_id       text NOT NULL CHECK (user_id <> ''),
  email         text NOT NULL,
  email_key     text NOT NULL CHECK (email_key <> ''),
  password_hash text NOT NULL,
  profile       json NOT NULL,
  token_version bigint NOT NULL DEFAULT 1,
  created_at    timestamptz NOT NULL,
  disabled_at   timestamptz,
  PRIMARY KEY (tenant_id, user_id),
  UNIQUE (tenant_id, email_key)
);
-- The order in which they are listed.
CREATE INDEX users_created ON gatehouse.users (tenant_id, created_at, user_id);

ALTER TABLE gatehouse.users ENABLE ROW LEVEL SECURITY;
CREATE POLICY users_own ON gatehouse.users
  USING (tenant_id = current_setting('app.tenant', true));

GRANT SELECT, INSERT, UPDATE, DELETE ON gatehouse.users TO :"worker";

-- The one token that outlives a revocation of all of its user's: the one with which the password was changed.
ALTER TABLE gatehouse.revocations ADD COLUMN spares text;

COMMIT;
