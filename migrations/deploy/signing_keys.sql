-- Deploy gatehouse:signing_keys to pg
-- The private half is sealed under VAULT_KEYS. Workers read keys; only administration, as the owner, makes them.

BEGIN;

CREATE TABLE gatehouse.signing_keys (
  kid            text PRIMARY KEY CHECK (kid <> ''),
  alg            text NOT NULL,
  private_sealed bytea NOT NULL,
  public_jwk     text NOT NULL,
  announced_at   timestamptz NOT NULL,
  signs_from     timestamptz NOT NULL,
  verify_until   timestamptz
);

GRANT SELECT ON gatehouse.signing_keys TO :"worker";

COMMIT;
