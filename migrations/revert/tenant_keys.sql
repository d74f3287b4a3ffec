-- Revert gatehouse:tenant_keys from pg
BEGIN;
DROP TABLE gatehouse.tenant_keys;
REVOKE INSERT, UPDATE, DELETE ON gatehouse.tenants FROM :"worker";
COMMIT;
