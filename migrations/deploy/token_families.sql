-- Deploy gatehouse:token_families to pg

BEGIN;

-- No foreign key to services: every insert would lock the row of its client, the same few rows for all
-- workers; and clients are disabled, never deleted.
CREATE TABLE gatehouse.token_families (
  family_id         text PRIMARY KEY CHECK (family_id <> ''),
  locator_hash      bytea NOT NULL UNIQUE CHECK (octet_length(locator_hash) = 32),
  client_id         text NOT NULL,
  subject           text NOT NULL,
  scope             text,
  current_hash      bytea NOT NULL CHECK (octet_length(current_hash) = 32),
  parent_hash       bytea CHECK (octet_length(parent_hash) = 32),
  replay            bytea,
  rotated_at        timestamptz,
  created_at        timestamptz NOT NULL,
  expires_at        timestamptz NOT NULL,
  access_expires_at timestamptz NOT NULL,
  ended_at          timestamptz
) WITH (
  -- Each rotation leaves a dead row behind.
  autovacuum_vacuum_scale_factor = 0.05
);

-- Both are the keeper's: replays whose grace has ended, and families that have expired. The first one holds
-- only the rotations of the last seconds, and costs a rotation its HOT update; scanning the table for them
-- would cost more.
CREATE INDEX token_families_replays ON gatehouse.token_families (rotated_at) WHERE replay IS NOT NULL;
CREATE INDEX token_families_expiring ON gatehouse.token_families (expires_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON gatehouse.token_families TO :"worker";

COMMIT;
