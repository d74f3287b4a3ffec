-- Verify gatehouse:access_log on pg
BEGIN;
SELECT client_id, id, created_at, endpoint, method, status_code, response_time_ms, ip_address, user_agent
  FROM gatehouse.access_log WHERE false;
SELECT client_id, grain, starts_at, writer, requests, errors, milliseconds FROM gatehouse.access_sums WHERE false;
SELECT 1 / has_sequence_privilege(:'worker', 'gatehouse.access_log_ids', 'USAGE')::int;
SELECT 1 / (NOT has_table_privilege(:'worker', 'gatehouse.access_log', 'UPDATE, DELETE, TRUNCATE'))::int;
SELECT 1 / has_any_column_privilege(:'worker', 'gatehouse.access_sums', 'UPDATE')::int;
ROLLBACK;
