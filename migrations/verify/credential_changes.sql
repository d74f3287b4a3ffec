-- Verify gatehouse:credential_changes on pg
BEGIN;
SELECT 1 / (count(*) = 6)::int FROM pg_trigger WHERE tgname = 'credential_changed' AND tgenabled = 'A' AND tgfoid = 'gatehouse.credentials_changed()'::regprocedure;
SELECT 1 / (count(*) = 5)::int FROM pg_trigger WHERE tgname = 'credential_deleted' AND tgenabled = 'A' AND tgfoid = 'gatehouse.credentials_deleted()'::regprocedure;
SELECT 1 / (count(*) = 5)::int FROM pg_trigger WHERE tgname = 'credential_truncated';
SELECT 1 / (count(*) = 1)::int FROM pg_trigger WHERE tgname = 'written' AND tgenabled = 'A' AND tgrelid = 'gatehouse.revocations'::regclass;
SELECT last_value FROM gatehouse.credential_changes;
SELECT expires_at FROM gatehouse.tenant_key_owner('', now());
ROLLBACK;
