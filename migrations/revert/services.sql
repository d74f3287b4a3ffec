-- Revert gatehouse:services from pg
BEGIN;
DROP TABLE gatehouse.service_scopes, gatehouse.service_secrets, gatehouse.services;
COMMIT;
