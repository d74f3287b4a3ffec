-- Verify gatehouse:token_families on pg
BEGIN;
SELECT family_id, locator_hash, client_id, subject, scope, current_hash, parent_hash, replay, rotated_at,
       created_at, expires_at, access_expires_at, ended_at
  FROM gatehouse.token_families WHERE false;
SELECT 1 / has_any_column_privilege(:'worker', 'gatehouse.token_families', 'UPDATE')::int;
ROLLBACK;
