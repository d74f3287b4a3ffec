-- Revert gatehouse:outbox from pg
BEGIN;
DROP FUNCTION gatehouse.line_events_delete_before(timestamptz, integer);
DROP TABLE gatehouse.line_languages;
DROP TABLE gatehouse.line_events;
DROP TABLE gatehouse.outbox;
COMMIT;
