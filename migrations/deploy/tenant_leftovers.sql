-- Deploy gatehouse:tenant_leftovers to pg
-- Families of refresh tokens belong to no tenant's rows, and stayed until they expired after their tenant was deleted.

BEGIN;

CREATE INDEX token_families_subject_tenant ON gatehouse.token_families (subject_tenant)
  WHERE subject_tenant IS NOT NULL;

-- Those of the users of a tenant whose end is written: a worker deletes nobody else's.
CREATE FUNCTION gatehouse.token_families_delete_of_tenant(of_tenant text, most integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp AS $$
  WITH gone AS (
    DELETE FROM gatehouse.token_families WHERE family_id IN (
      SELECT f.family_id FROM gatehouse.token_families f
       WHERE f.subject_tenant = of_tenant
         AND EXISTS (SELECT 1 FROM gatehouse.revocations r WHERE r.key = 'tenant:' || of_tenant)
       LIMIT least(most, 10000) FOR UPDATE SKIP LOCKED)
    RETURNING 1)
  SELECT count(*) FROM gone
$$;

REVOKE ALL ON FUNCTION gatehouse.token_families_delete_of_tenant(text, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gatehouse.token_families_delete_of_tenant(text, integer) TO :"worker";

COMMIT;
