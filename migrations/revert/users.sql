-- Revert gatehouse:users from pg
BEGIN;
ALTER TABLE gatehouse.revocations DROP COLUMN spares;
DROP TABLE gatehouse.users;
COMMIT;
