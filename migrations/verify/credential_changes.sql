-- Verify gatehouse:credential_changes on pg
BEGIN;
SELECT 1 / (count(*) = 5)::int FROM pg_trigger WHERE tgname = 'credential_changed' AND tgfoid = 'gatehouse.credentials_changed()'::regprocedure;
SELECT 1 / (count(*) = 5)::int FROM pg_trigger WHERE tgname = 'credential_deleted' AND tgfoid = 'gatehouse.credentials_deleted()'::regprocedure;
SELECT expires_at FROM gatehouse.tenant_key_owner('', now());
ROLLBACK;
