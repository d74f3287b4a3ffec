-- Deploy gatehouse:dev_tokens_copies to pg
-- DEVTOKEN_REVEAL=off: sealed copies that were made before are taken away.

BEGIN;

-- Few or none, so that looking for them costs nothing.
CREATE INDEX dev_tokens_copies ON gatehouse.dev_tokens (token_id) WHERE sealed IS NOT NULL;

-- In the order of their ids, as dev_tokens_used locks them. With its line in the audit log, which nobody else may write in
-- the keeper's name.
CREATE FUNCTION gatehouse.dev_tokens_forget_copies(most integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, gatehouse, pg_temp AS $$
  WITH held AS (
    SELECT t.tenant_id, t.token_id FROM gatehouse.dev_tokens t
     WHERE t.sealed IS NOT NULL
     ORDER BY t.token_id LIMIT least(most, 10000) FOR NO KEY UPDATE SKIP LOCKED),
  forgotten AS (
    UPDATE gatehouse.dev_tokens t SET sealed = NULL FROM held
     WHERE t.tenant_id = held.tenant_id AND t.token_id = held.token_id
    RETURNING 1),
  told AS (
    INSERT INTO gatehouse.audit_log (tenant_id, at, id, actor, action, target, client_address, request_id, detail)
    SELECT 'tnt_default', now(),
           to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS') || '-' || left(gen_random_uuid()::text, 8),
           'keeper', 'devtoken.copies_erased', 'DEVTOKEN_REVEAL', '', '', jsonb_build_object('count', count(*))
      FROM forgotten HAVING count(*) > 0)
  SELECT count(*) FROM forgotten
$$;

REVOKE ALL ON FUNCTION gatehouse.dev_tokens_forget_copies(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gatehouse.dev_tokens_forget_copies(integer) TO :"worker";

COMMIT;
