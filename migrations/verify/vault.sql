-- Verify gatehouse:vault on pg

BEGIN;
SELECT user_id, provider, grant_id, version, access_sealed, refresh_sealed, previous_sealed, previous_until,
       rescued_sealed, rescued_version, expires_at, saved_at, refreshed_at, state, failures, failed_at, refresh_at,
       fence, leased_at, lease_until, intent_digest, intent_at
  FROM gatehouse.vault_records WHERE false;
SELECT provider, limited_until FROM gatehouse.vault_limits WHERE false;
SELECT handle_id, user_id, handle_hash, created_at, created_by FROM gatehouse.vault_handles WHERE false;
SELECT user_id, id, at, action, outcome, actor, client_address, request_id FROM gatehouse.vault_log WHERE false;
SELECT key_id, fingerprint, seen_at FROM gatehouse.seal_keys WHERE false;
SELECT has_function_privilege('gatehouse.vault_records_delete_unusable(timestamptz, integer)', 'execute');
SELECT has_function_privilege('gatehouse.vault_log_delete_before(timestamptz, integer)', 'execute');
ROLLBACK;
