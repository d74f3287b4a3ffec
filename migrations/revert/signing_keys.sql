-- Revert gatehouse:signing_keys from pg
BEGIN;
DROP TABLE gatehouse.signing_keys;
COMMIT;
