-- Verify gatehouse:coze_answers on pg
BEGIN;
SELECT answer_id, sealed, good_until, calls, lease, leased_until FROM gatehouse.coze_answers WHERE false;
ROLLBACK;
