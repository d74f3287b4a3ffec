-- Verify gatehouse:dev_tokens on pg
BEGIN;
SELECT tenant_id, token_id, token_hash, sealed, note, created_by, created_at, expires_at, last_used, revoked_at
  FROM gatehouse.dev_tokens WHERE false;
SELECT 1 / count(*) FROM pg_class WHERE oid = 'gatehouse.dev_tokens'::regclass AND relrowsecurity;
ROLLBACK;
