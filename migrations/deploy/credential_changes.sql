-- Deploy gatehouse:credential_changes to pg
-- Workers remember for a moment whose a developer token, a tenant's key or a client's secret is. Whatever changes that
-- writes a row `credentials:<tenant or client>` with a number that no row had before into revocations, in its own
-- transaction, whoever does it and by whatever statement; the feed tells the workers, and what they remember about it
-- ends. A day is much longer than they remember anything. The numbers come from a sequence: counted in the row, they
-- would begin anew when an expired row has been erased. They fit 32 bits, as the feed's map has it; after 4 294 967 294
-- changes nothing can be changed any more, rather than a change go unnoticed.

BEGIN;

CREATE SEQUENCE gatehouse.credential_changes AS bigint MAXVALUE 4294967294 NO CYCLE;

-- Sorted: two that change the same ones wait for each other in one order.
CREATE FUNCTION gatehouse.note_credentials(owners text[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp AS $$
  INSERT INTO gatehouse.revocations (key, min_version, effective_at, expires_at)
  SELECT 'credentials:' || o.owner, nextval('gatehouse.credential_changes'), timestamptz 'epoch',
         clock_timestamp() + interval '1 day'
    FROM (SELECT DISTINCT unnest(owners) AS owner ORDER BY 1) AS o
  ON CONFLICT (key) DO UPDATE
    SET min_version = nextval('gatehouse.credential_changes'),
        expires_at = greatest(revocations.expires_at, excluded.expires_at)
$$;

CREATE FUNCTION gatehouse.credentials_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp AS $$
BEGIN
  IF tg_op = 'INSERT' THEN
    PERFORM gatehouse.note_credentials(ARRAY[to_jsonb(new) ->> tg_argv[0]]);
  ELSE
    PERFORM gatehouse.note_credentials(ARRAY[to_jsonb(old) ->> tg_argv[0], to_jsonb(new) ->> tg_argv[0]]);
  END IF;
  RETURN NULL;
END $$;

-- One row, however many go at once.
CREATE FUNCTION gatehouse.credentials_deleted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp AS $$
BEGIN
  PERFORM gatehouse.note_credentials(ARRAY(SELECT DISTINCT to_jsonb(gone) ->> tg_argv[0] FROM gone));
  RETURN NULL;
END $$;

-- TRUNCATE fires no other trigger, and nobody can say whose credentials those were.
CREATE FUNCTION gatehouse.credentials_truncated() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, gatehouse, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'workers would not learn of it: DELETE FROM % does the same', tg_table_name;
END $$;

REVOKE ALL ON FUNCTION gatehouse.note_credentials(text[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION gatehouse.credentials_changed() FROM PUBLIC;
REVOKE ALL ON FUNCTION gatehouse.credentials_deleted() FROM PUBLIC;
REVOKE ALL ON FUNCTION gatehouse.credentials_truncated() FROM PUBLIC;

-- last_used and first_used_at change nothing of what a credential is good for.
CREATE TRIGGER credential_changed AFTER UPDATE OF tenant_id, token_id, token_hash, created_at, expires_at, revoked_at
  ON gatehouse.dev_tokens FOR EACH ROW EXECUTE FUNCTION gatehouse.credentials_changed('tenant_id');
CREATE TRIGGER credential_changed AFTER UPDATE ON gatehouse.tenant_keys
  FOR EACH ROW EXECUTE FUNCTION gatehouse.credentials_changed('tenant_id');
CREATE TRIGGER credential_changed AFTER UPDATE OF client_id, token_version, disabled_at ON gatehouse.services
  FOR EACH ROW EXECUTE FUNCTION gatehouse.credentials_changed('client_id');
CREATE TRIGGER credential_changed AFTER UPDATE ON gatehouse.service_secrets
  FOR EACH ROW EXECUTE FUNCTION gatehouse.credentials_changed('client_id');
CREATE TRIGGER credential_changed AFTER INSERT OR UPDATE ON gatehouse.service_scopes
  FOR EACH ROW EXECUTE FUNCTION gatehouse.credentials_changed('client_id');
CREATE TRIGGER credential_changed AFTER UPDATE OF ended_at ON gatehouse.tenants
  FOR EACH ROW EXECUTE FUNCTION gatehouse.credentials_changed('tenant_id');

CREATE TRIGGER credential_deleted AFTER DELETE ON gatehouse.dev_tokens REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION gatehouse.credentials_deleted('tenant_id');
CREATE TRIGGER credential_deleted AFTER DELETE ON gatehouse.tenant_keys REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION gatehouse.credentials_deleted('tenant_id');
CREATE TRIGGER credential_deleted AFTER DELETE ON gatehouse.services REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION gatehouse.credentials_deleted('client_id');
CREATE TRIGGER credential_deleted AFTER DELETE ON gatehouse.service_secrets REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION gatehouse.credentials_deleted('client_id');
CREATE TRIGGER credential_deleted AFTER DELETE ON gatehouse.service_scopes REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION gatehouse.credentials_deleted('client_id');

CREATE TRIGGER credential_truncated BEFORE TRUNCATE ON gatehouse.dev_tokens EXECUTE FUNCTION gatehouse.credentials_truncated();
CREATE TRIGGER credential_truncated BEFORE TRUNCATE ON gatehouse.tenant_keys EXECUTE FUNCTION gatehouse.credentials_truncated();
CREATE TRIGGER credential_truncated BEFORE TRUNCATE ON gatehouse.services EXECUTE FUNCTION gatehouse.credentials_truncated();
CREATE TRIGGER credential_truncated BEFORE TRUNCATE ON gatehouse.service_secrets EXECUTE FUNCTION gatehouse.credentials_truncated();
CREATE TRIGGER credential_truncated BEFORE TRUNCATE ON gatehouse.service_scopes EXECUTE FUNCTION gatehouse.credentials_truncated();

-- Which transaction wrote a row is PostgreSQL's to say, or a worker that has been taken over could hide a revocation
-- from the feed; and whose credentials have changed is the triggers' above.
CREATE FUNCTION gatehouse.revocation_written() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, gatehouse, pg_temp AS $$
BEGIN
  IF new.key LIKE 'credentials:%'
     AND NOT pg_has_role((SELECT relowner FROM pg_class WHERE oid = tg_relid), 'USAGE') THEN
    RAISE insufficient_privilege USING MESSAGE = 'permission denied: triggers write credentials:…';
  END IF;
  new.written_by := pg_current_xact_id();
  RETURN new;
END $$;
REVOKE ALL ON FUNCTION gatehouse.revocation_written() FROM PUBLIC;
CREATE TRIGGER written BEFORE INSERT OR UPDATE ON gatehouse.revocations
  FOR EACH ROW EXECUTE FUNCTION gatehouse.revocation_written();

-- Also where rows come from elsewhere (session_replication_role).
ALTER TABLE gatehouse.dev_tokens ENABLE ALWAYS TRIGGER credential_changed;
ALTER TABLE gatehouse.dev_tokens ENABLE ALWAYS TRIGGER credential_deleted;
ALTER TABLE gatehouse.tenant_keys ENABLE ALWAYS TRIGGER credential_changed;
ALTER TABLE gatehouse.tenant_keys ENABLE ALWAYS TRIGGER credential_deleted;
ALTER TABLE gatehouse.services ENABLE ALWAYS TRIGGER credential_changed;
ALTER TABLE gatehouse.services ENABLE ALWAYS TRIGGER credential_deleted;
ALTER TABLE gatehouse.service_secrets ENABLE ALWAYS TRIGGER credential_changed;
ALTER TABLE gatehouse.service_secrets ENABLE ALWAYS TRIGGER credential_deleted;
ALTER TABLE gatehouse.service_scopes ENABLE ALWAYS TRIGGER credential_changed;
ALTER TABLE gatehouse.service_scopes ENABLE ALWAYS TRIGGER credential_deleted;
ALTER TABLE gatehouse.tenants ENABLE ALWAYS TRIGGER credential_changed;
ALTER TABLE gatehouse.revocations ENABLE ALWAYS TRIGGER written;

-- The feed could not read such a time, and would read nothing any more.
ALTER TABLE gatehouse.revocations DISABLE TRIGGER only_grows;
UPDATE gatehouse.revocations SET expires_at = '9999-12-31' WHERE expires_at > '9999-12-31';
UPDATE gatehouse.revocations SET effective_at = 'epoch' WHERE effective_at < '0001-01-01 00:00:00+00';
UPDATE gatehouse.revocations SET effective_at = '9999-12-31' WHERE effective_at > '9999-12-31';
UPDATE gatehouse.revocations SET expires_at = effective_at WHERE expires_at < '0001-01-01 00:00:00+00';
ALTER TABLE gatehouse.revocations ENABLE TRIGGER only_grows;
ALTER TABLE gatehouse.revocations ADD CONSTRAINT revocations_times CHECK (
  effective_at BETWEEN '0001-01-01 00:00:00+00' AND '9999-12-31' AND
  expires_at BETWEEN '0001-01-01 00:00:00+00' AND '9999-12-31');

-- Whoever remembers a key must know its end. The release before this one reads the first two columns by their names.
DROP FUNCTION gatehouse.tenant_key_owner(bytea, timestamptz);
CREATE FUNCTION gatehouse.tenant_key_owner(hash bytea, at timestamptz)
RETURNS TABLE (tenant_id text, kind text, expires_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp AS $$
  SELECT k.tenant_id, k.kind, k.expires_at FROM gatehouse.tenant_keys k
   WHERE k.key_hash = hash AND (k.expires_at IS NULL OR k.expires_at > at)
$$;
REVOKE ALL ON FUNCTION gatehouse.tenant_key_owner(bytea, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gatehouse.tenant_key_owner(bytea, timestamptz) TO :"worker";

COMMIT;
