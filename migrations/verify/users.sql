-- Verify gatehouse:users on pg
BEGIN;
SELECT tenant_id, user_id, email, email_key, password_hash, profile, token_version, created_at, disabled_at
  FROM gatehouse.users WHERE false;
SELECT spares FROM gatehouse.revocations WHERE false;
SELECT 1 / count(*) FROM pg_class WHERE oid = 'gatehouse.users'::regclass AND relrowsecurity;
ROLLBACK;
