-- Revert gatehouse:tenants from pg
BEGIN;
DROP TABLE gatehouse.tenants;
DROP SCHEMA gatehouse;
COMMIT;
