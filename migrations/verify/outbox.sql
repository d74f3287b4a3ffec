-- Verify gatehouse:outbox on pg
BEGIN;
SELECT message_id, kind, sealed, created_at, due_at, deadline, attempts FROM gatehouse.outbox WHERE false;
SELECT event_id, seen_at FROM gatehouse.line_events WHERE false;
SELECT line_user_id, language FROM gatehouse.line_languages WHERE false;
SELECT 1 / has_function_privilege(:'worker', 'gatehouse.line_events_delete_before(timestamptz, integer)',
                                  'EXECUTE')::int;
ROLLBACK;
