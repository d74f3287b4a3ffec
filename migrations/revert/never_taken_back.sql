-- Revert gatehouse:never_taken_back from pg
BEGIN;
DROP TRIGGER stays_ended ON gatehouse.token_families;
DROP FUNCTION gatehouse.family_stays_ended();
CREATE OR REPLACE FUNCTION gatehouse.revocation_only_grows() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, gatehouse, pg_temp AS $$
BEGIN
  IF new.min_version < old.min_version OR new.effective_at > old.effective_at OR new.expires_at < old.expires_at THEN
    RAISE insufficient_privilege USING MESSAGE = 'permission denied: a revocation cannot be taken back';
  END IF;
  RETURN new;
END $$;
COMMIT;
