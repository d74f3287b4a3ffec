-- Fills the access log and its sums with rows that look like those of a busy client, evenly over the last 84 days, the
-- oldest first. Reads the settings fill.client_id and fill.rows. A test runs this same file.
DO $fill$
DECLARE
  client   text := current_setting('fill.client_id');
  wanted   bigint := current_setting('fill.rows');
  batch    bigint := 100000;
  start_at timestamptz := now() - interval '84 days';
  apart    interval := interval '84 days' / greatest(current_setting('fill.rows')::bigint, 1);
BEGIN
  PERFORM gatehouse.access_log_partitions_make(start_at, 13);
  FOR low IN 1..wanted BY batch LOOP
    WITH made AS (
      INSERT INTO gatehouse.access_log (client_id, created_at, endpoint, method, status_code, response_time_ms,
                                        ip_address, user_agent)
      SELECT client, start_at + n * apart, '/api/internal/users', 'GET', CASE WHEN n % 50 = 0 THEN 503 ELSE 200 END,
             n % 70, '192.0.2.' || n % 250, 'fill-access-log'
        FROM generate_series(low, least(low + batch - 1, wanted)) AS n
      RETURNING created_at, status_code, response_time_ms)
    INSERT INTO gatehouse.access_sums AS s (client_id, grain, starts_at, writer, requests, errors, milliseconds)
    SELECT client, grain, date_trunc(grain, created_at, 'UTC') AS starts_at, 0, count(*),
           count(*) FILTER (WHERE status_code >= 400), sum(response_time_ms)
      FROM made CROSS JOIN (VALUES ('minute'), ('hour')) AS grains (grain)
     WHERE grain = 'hour' OR created_at > now() - interval '2 days'
     GROUP BY grain, starts_at
    ON CONFLICT (client_id, grain, starts_at, writer) DO UPDATE
      SET requests = s.requests + excluded.requests, errors = s.errors + excluded.errors,
          milliseconds = s.milliseconds + excluded.milliseconds;
  END LOOP;
END $fill$;
