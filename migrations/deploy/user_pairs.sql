-- Deploy gatehouse:user_pairs to pg
-- A family for a user of ours says whose user it is, and the version that the user's tokens had: what ends all of a
-- user's tokens, or a tenant's, ends these too.

BEGIN;

ALTER TABLE gatehouse.token_families
  ADD COLUMN subject_tenant  text,
  ADD COLUMN subject_version bigint NOT NULL DEFAULT 0;

-- Services know a user by the id alone.
CREATE INDEX users_by_id ON gatehouse.users (user_id);

COMMIT;
