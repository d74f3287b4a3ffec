-- Deploy gatehouse:coze_answers to pg
-- What Coze has answered (seed 003), sealed under VAULT_KEYS, and who is asking it now: one call at a time for each
-- key, whose lease is a row of its own. `calls` counts those that ended, so that whoever waited for one knows that it has.

BEGIN;

CREATE TABLE gatehouse.coze_answers (
  answer_id    text PRIMARY KEY CHECK (answer_id <> ''),
  sealed       bytea,
  good_until   timestamptz,
  calls        bigint NOT NULL DEFAULT 0,
  lease        text,
  leased_until timestamptz NOT NULL
);
CREATE INDEX coze_answers_leased ON gatehouse.coze_answers (leased_until);

-- Bounded by PostgreSQL's own clock, as in worker_rights.
CREATE FUNCTION gatehouse.coze_answers_delete_expired(before timestamptz, most integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp AS $$
  WITH gone AS (
    DELETE FROM gatehouse.coze_answers WHERE answer_id IN (
      SELECT a.answer_id FROM gatehouse.coze_answers a
       WHERE a.leased_until <= least(before, CASE WHEN session_user = current_user THEN before ELSE now() END)
         AND (a.good_until IS NULL
              OR a.good_until <= least(before, CASE WHEN session_user = current_user THEN before ELSE now() END))
       ORDER BY a.leased_until LIMIT least(most, 10000) FOR UPDATE SKIP LOCKED)
    RETURNING 1)
  SELECT count(*) FROM gone
$$;

GRANT SELECT, INSERT, UPDATE (sealed, good_until, calls, lease, leased_until) ON gatehouse.coze_answers TO :"worker";
REVOKE ALL ON FUNCTION gatehouse.coze_answers_delete_expired(timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gatehouse.coze_answers_delete_expired(timestamptz, integer) TO :"worker";

COMMIT;
