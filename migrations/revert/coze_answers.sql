-- Revert gatehouse:coze_answers from pg
BEGIN;
DROP TABLE gatehouse.coze_answers;
COMMIT;
