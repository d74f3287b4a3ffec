-- Revert gatehouse:revocations from pg
BEGIN;
DROP TABLE gatehouse.revocations;
COMMIT;
