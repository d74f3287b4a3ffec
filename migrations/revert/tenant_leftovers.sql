-- Revert gatehouse:tenant_leftovers from pg
BEGIN;
DROP FUNCTION gatehouse.token_families_delete_of_tenant(text, integer);
DROP INDEX gatehouse.token_families_subject_tenant;
COMMIT;
