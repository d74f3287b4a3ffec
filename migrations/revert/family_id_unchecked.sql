-- Revert gatehouse:family_id_unchecked from pg
BEGIN;
SET LOCAL lock_timeout = '100ms';
ALTER TABLE gatehouse.token_families ADD CONSTRAINT token_families_family_id_check CHECK (family_id <> '') NOT VALID;
COMMIT;
