-- Revert gatehouse:families_unchecked from pg
BEGIN;
SET LOCAL lock_timeout = '100ms';
ALTER TABLE gatehouse.token_families
  ADD CONSTRAINT token_families_locator_hash_check CHECK (octet_length(locator_hash) = 32),
  ADD CONSTRAINT token_families_current_hash_check CHECK (octet_length(current_hash) = 32),
  ADD CONSTRAINT token_families_parent_hash_check CHECK (octet_length(parent_hash) = 32);
COMMIT;
