-- Verify gatehouse:family_id_unchecked on pg
BEGIN;
SELECT 1 / (count(*) = 0)::int FROM pg_constraint
 WHERE conrelid = 'gatehouse.token_families'::regclass AND conname = 'token_families_family_id_check';
ROLLBACK;
