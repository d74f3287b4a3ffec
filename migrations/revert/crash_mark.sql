-- Revert gatehouse:crash_mark from pg
BEGIN;
DROP TABLE gatehouse.crash_mark;
COMMIT;
