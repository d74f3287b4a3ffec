-- Deploy gatehouse:credential_changes to pg
-- Workers remember for a moment whose a developer token, a tenant's key or a client's secret is. Whatever changes that
-- writes a row `credentials:<tenant or client>` with another number into revocations, in its own transaction, whoever
-- does it and by whatever statement; the feed tells the workers, and what they remember about it ends. An hour is much
-- longer than they remember anything.

BEGIN;

CREATE FUNCTION gatehouse.credentials_changed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, gatehouse, pg_temp AS $$
BEGIN
  INSERT INTO gatehouse.revocations AS r (key, min_version, effective_at, expires_at)
  VALUES ('credentials:' || (to_jsonb(new) ->> tg_argv[0]), 1, 'epoch', now() + interval '1 hour')
  ON CONFLICT (key) DO UPDATE
    SET min_version = r.min_version + 1, expires_at = greatest(r.expires_at, excluded.expires_at),
        written_by = excluded.written_by;
  RETURN NULL;
END $$;

-- One row, however many go at once.
CREATE FUNCTION gatehouse.credentials_deleted() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, gatehouse, pg_temp AS $$
BEGIN
  INSERT INTO gatehouse.revocations AS r (key, min_version, effective_at, expires_at)
  SELECT DISTINCT 'credentials:' || (to_jsonb(gone) ->> tg_argv[0]), 1, timestamptz 'epoch', now() + interval '1 hour'
    FROM gone ORDER BY 1
  ON CONFLICT (key) DO UPDATE
    SET min_version = r.min_version + 1, expires_at = greatest(r.expires_at, excluded.expires_at),
        written_by = excluded.written_by;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION gatehouse.credentials_changed() FROM PUBLIC;
REVOKE ALL ON FUNCTION gatehouse.credentials_deleted() FROM PUBLIC;

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
