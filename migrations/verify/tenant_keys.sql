-- Verify gatehouse:tenant_keys on pg
BEGIN;
SELECT tenant_id, key_hash, kind, public_key, created_at, expires_at FROM gatehouse.tenant_keys WHERE false;
SELECT 1 / count(*) FROM pg_class WHERE oid = 'gatehouse.tenant_keys'::regclass AND relrowsecurity;
ROLLBACK;
