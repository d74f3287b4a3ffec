-- Revert gatehouse:vault_cleaning from pg
BEGIN;
CREATE OR REPLACE FUNCTION gatehouse.vault_records_delete_unusable(before timestamptz, most integer)
RETURNS TABLE (needs_login bigint, not_refreshable bigint)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp AS $$
  WITH gone AS (
    DELETE FROM gatehouse.vault_records WHERE user_id IN (
      SELECT r.user_id FROM gatehouse.vault_records r
       WHERE r.expires_at <= least(before, CASE WHEN session_user = current_user THEN before ELSE now() END)
         AND (r.state = 'needs_login' OR r.refresh_sealed IS NULL) AND r.rescued_sealed IS NULL
         AND r.lease_until IS NULL
       ORDER BY r.expires_at LIMIT least(most, 10000) FOR UPDATE SKIP LOCKED)
    RETURNING refresh_sealed IS NULL AS never)
  SELECT count(*) FILTER (WHERE NOT never), count(*) FILTER (WHERE never) FROM gone
$$;
COMMIT;
