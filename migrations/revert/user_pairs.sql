-- Revert gatehouse:user_pairs from pg
BEGIN;
DROP INDEX gatehouse.users_by_id;
ALTER TABLE gatehouse.token_families DROP COLUMN subject_tenant, DROP COLUMN subject_version;
COMMIT;
