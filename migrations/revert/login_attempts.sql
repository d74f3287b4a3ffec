-- Revert gatehouse:login_attempts from pg
BEGIN;
DROP FUNCTION gatehouse.login_attempt_take(text, text, bytea, timestamptz, interval, integer, integer);
DROP FUNCTION gatehouse.login_attempt_give_back(text, text, bytea, timestamptz);
DROP FUNCTION gatehouse.login_attempt_count(text, text, bytea, timestamptz, interval, integer);
DROP TABLE gatehouse.login_attempts;
COMMIT;
