-- Revert gatehouse:outbox from pg
BEGIN;
DROP TABLE gatehouse.line_languages;
DROP TABLE gatehouse.line_events;
DROP TABLE gatehouse.outbox;
COMMIT;
