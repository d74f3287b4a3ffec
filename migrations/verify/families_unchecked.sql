-- Verify gatehouse:families_unchecked on pg
BEGIN;
SELECT 1 / (count(*) = 0)::int
  FROM pg_constraint
 WHERE conrelid = 'gatehouse.token_families'::regclass
   AND conname IN ('token_families_locator_hash_check', 'token_families_current_hash_check',
                   'token_families_parent_hash_check');
ROLLBACK;
