-- Revert gatehouse:token_families from pg
BEGIN;
DROP TABLE gatehouse.token_families;
COMMIT;
