-- Verify gatehouse:signing_keys on pg
BEGIN;
SELECT kid, alg, private_sealed, public_jwk, announced_at, signs_from, verify_until
  FROM gatehouse.signing_keys WHERE false;
SELECT 1 / has_table_privilege(:'worker', 'gatehouse.signing_keys', 'SELECT')::int;
ROLLBACK;
