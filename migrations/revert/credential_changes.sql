-- Revert gatehouse:credential_changes from pg
BEGIN;
DROP FUNCTION gatehouse.credentials_changed() CASCADE;
DROP FUNCTION gatehouse.credentials_deleted() CASCADE;
DROP FUNCTION gatehouse.credentials_truncated() CASCADE;
DROP FUNCTION gatehouse.note_credentials(text[]);
DROP FUNCTION gatehouse.revocation_written() CASCADE;
ALTER TABLE gatehouse.revocations DROP CONSTRAINT revocations_times;
DROP SEQUENCE gatehouse.credential_changes;
DROP FUNCTION gatehouse.tenant_key_owner(bytea, timestamptz);
CREATE FUNCTION gatehouse.tenant_key_owner(hash bytea, at timestamptz)
RETURNS TABLE (tenant_id text, kind text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp AS $$
  SELECT k.tenant_id, k.kind FROM gatehouse.tenant_keys k
   WHERE k.key_hash = hash AND (k.expires_at IS NULL OR k.expires_at > at)
$$;
REVOKE ALL ON FUNCTION gatehouse.tenant_key_owner(bytea, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gatehouse.tenant_key_owner(bytea, timestamptz) TO :"worker";
COMMIT;
