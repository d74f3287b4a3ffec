-- Deploy gatehouse:vault_cleaning to pg
-- Cleaning leaves alone what may still live.

BEGIN;

-- Those that can never be of use again: their provider takes their refresh token no more, or they never had one, and
-- the access token has expired. A record that has a rescued token, or is being worked on, may still live; and so may one
-- whose token before the current one is in its provider's grace, and one that was refused just now: a call whose lease ran
-- out may be on the line yet (a minute at the longest), and what it brings needs a record to be rescued into.
CREATE OR REPLACE FUNCTION gatehouse.vault_records_delete_unusable(before timestamptz, most integer)
RETURNS TABLE (needs_login bigint, not_refreshable bigint)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp AS $$
  WITH clock AS (
    SELECT least(before, CASE WHEN session_user = current_user THEN before ELSE now() END) AS at),
  gone AS (
    DELETE FROM gatehouse.vault_records WHERE user_id IN (
      SELECT r.user_id FROM gatehouse.vault_records r
       WHERE r.expires_at <= (SELECT at FROM clock)
         AND (r.state = 'needs_login' OR r.refresh_sealed IS NULL) AND r.rescued_sealed IS NULL
         AND r.lease_until IS NULL
         AND (r.previous_sealed IS NULL OR r.previous_until <= (SELECT at FROM clock))
         AND (r.refresh_sealed IS NULL OR r.failed_at <= (SELECT at FROM clock) - interval '5 minutes')
       ORDER BY r.expires_at LIMIT least(most, 10000) FOR UPDATE SKIP LOCKED)
    RETURNING refresh_sealed IS NULL AS never)
  SELECT count(*) FILTER (WHERE NOT never), count(*) FILTER (WHERE never) FROM gone
$$;

COMMIT;
