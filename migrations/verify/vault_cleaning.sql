-- Verify gatehouse:vault_cleaning on pg
BEGIN;
SELECT 1 / (pg_get_functiondef('gatehouse.vault_records_delete_unusable(timestamptz, integer)'::regprocedure)
            LIKE '%previous_until%failed_at%')::int;
SELECT 1 / has_function_privilege(:'worker', 'gatehouse.vault_records_delete_unusable(timestamptz, integer)', 'EXECUTE')::int;
ROLLBACK;
