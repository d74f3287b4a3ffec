-- Verify gatehouse:services on pg
BEGIN;
SELECT client_id, service_name, description, token_version, created_at, disabled_at
  FROM gatehouse.services WHERE false;
SELECT client_id, secret_hash, created_at, expires_at FROM gatehouse.service_secrets WHERE false;
SELECT client_id, scope_name, granted_at, granted_by FROM gatehouse.service_scopes WHERE false;
SELECT 1 / has_table_privilege(:'worker', 'gatehouse.services', 'SELECT')::int;
ROLLBACK;
