-- Deploy gatehouse:never_taken_back to pg
-- What has ended stays ended, whatever a worker that has been taken over asks for: a row of revocations that is there
-- already spares another token only where it also ends more than before (a new password: all sessions but the one that
-- asked), and only a user's row does; and a family that has ended is not brought back.

BEGIN;

CREATE OR REPLACE FUNCTION gatehouse.revocation_only_grows() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, gatehouse, pg_temp AS $$
BEGIN
  IF new.min_version < old.min_version OR new.effective_at > old.effective_at OR new.expires_at < old.expires_at
     OR (new.spares IS NOT NULL AND new.spares IS DISTINCT FROM old.spares
         AND (new.min_version <= old.min_version OR new.key NOT LIKE 'subject:%')) THEN
    RAISE insufficient_privilege USING MESSAGE = 'permission denied: a revocation cannot be taken back';
  END IF;
  RETURN new;
END $$;

CREATE FUNCTION gatehouse.family_stays_ended() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, gatehouse, pg_temp AS $$
BEGIN
  RAISE insufficient_privilege USING MESSAGE = 'permission denied: a family that has ended stays ended';
END $$;
REVOKE ALL ON FUNCTION gatehouse.family_stays_ended() FROM PUBLIC;
CREATE TRIGGER stays_ended BEFORE UPDATE OF ended_at ON gatehouse.token_families
  FOR EACH ROW WHEN (old.ended_at IS NOT NULL AND new.ended_at IS DISTINCT FROM old.ended_at)
  EXECUTE FUNCTION gatehouse.family_stays_ended();

COMMIT;
