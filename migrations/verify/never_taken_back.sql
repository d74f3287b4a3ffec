-- Verify gatehouse:never_taken_back on pg
BEGIN;
SELECT 1 / count(*) FROM pg_trigger
 WHERE tgrelid = 'gatehouse.token_families'::regclass AND tgname = 'stays_ended';
SELECT 1 / (prosrc LIKE '%spares%')::int FROM pg_proc WHERE oid = 'gatehouse.revocation_only_grows()'::regprocedure;
ROLLBACK;
