-- Verify gatehouse:coze_answers on pg
BEGIN;
SELECT answer_id, sealed, good_until, calls, lease, leased_until FROM gatehouse.coze_answers WHERE false;
SELECT 1 / has_function_privilege(:'worker', 'gatehouse.coze_answers_delete_expired(timestamptz, integer)',
                                  'EXECUTE')::int;
ROLLBACK;
