-- Revert gatehouse:coze_answers from pg
BEGIN;
DROP FUNCTION gatehouse.coze_answers_delete_expired(timestamptz, integer);
DROP TABLE gatehouse.coze_answers;
COMMIT;
