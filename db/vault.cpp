#include "db/vault.h"

namespace gatehouse::db::vault {

namespace {

std::optional<Bytes> bytes(const std::optional<std::string>& value) {
  if (!value) return std::nullopt;
  return Bytes{*value};
}

Record to_record(const Row& row) {
  Record record;
  record.user_id = row.text("user_id");
  record.provider = row.text("provider");
  record.grant_id = row.text("grant_id");
  record.version = row.integer("version");
  record.access_sealed = row.bytes("access_sealed");
  record.refresh_sealed = row.nullable(&Row::bytes, "refresh_sealed");
  record.previous_sealed = row.nullable(&Row::bytes, "previous_sealed");
  record.previous_until = row.nullable(&Row::time, "previous_until");
  record.rescued_sealed = row.nullable(&Row::bytes, "rescued_sealed");
  record.rescued_version = row.nullable(&Row::integer, "rescued_version");
  record.expires_at = row.time("expires_at");
  record.refreshed_at = row.nullable(&Row::time, "refreshed_at");
  record.state = row.text("state");
  record.failures = static_cast<int>(row.integer("failures"));
  record.failed_at = row.nullable(&Row::time, "failed_at");
  record.refresh_at = row.nullable(&Row::time, "refresh_at");
  record.fence = row.integer("fence");
  record.leased_at = row.nullable(&Row::time, "leased_at");
  record.lease_until = row.nullable(&Row::time, "lease_until");
  record.intent_digest = row.nullable(&Row::bytes, "intent_digest");
  return record;
}

std::optional<Record> first_of(const Rows& rows) {
  if (rows.empty()) return std::nullopt;
  return to_record(rows.front());
}

}  // namespace

constexpr Statement kFindAccessToken{"vault_record_find_access_token", R"sql(
  SELECT access_sealed, expires_at, refreshed_at FROM vault_records WHERE user_id = $1)sql"};

std::optional<AccessToken> find_access_token(Connection& db, std::string_view user_id) {
  const Rows rows = db.read(kFindAccessToken, user_id);
  if (rows.empty()) return std::nullopt;
  const Row row = rows.front();
  return AccessToken{std::string(user_id), row.bytes("access_sealed"), row.time("expires_at"),
                     row.nullable(&Row::time, "refreshed_at")};
}

constexpr Statement kFind{"vault_record_find", R"sql(
  SELECT user_id, provider, grant_id, version, access_sealed, refresh_sealed, previous_sealed, previous_until,
         rescued_sealed, rescued_version, expires_at, refreshed_at, state, failures, failed_at, refresh_at, fence, leased_at,
         lease_until, intent_digest
    FROM vault_records WHERE user_id = $1)sql"};

std::optional<Record> find(Connection& db, std::string_view user_id) {
  return first_of(db.read(kFind, user_id));
}
std::optional<Record> find(Tx& tx, std::string_view user_id) { return first_of(tx.run(kFind, user_id)); }

constexpr Statement kInsert{"vault_record_insert", R"sql(
  INSERT INTO vault_records (user_id, provider, grant_id, access_sealed, refresh_sealed, expires_at, refresh_at, saved_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (user_id) DO NOTHING)sql"};

bool insert(Tx& tx, const Saved& saved, Time now) {
  return tx.run(kInsert, saved.user_id, saved.provider, saved.grant_id, Bytes{saved.access_sealed},
                bytes(saved.refresh_sealed), saved.expires_at, saved.refresh_at, now)
             .affected() == 1;
}

constexpr Statement kReplace{"vault_record_replace", R"sql(
  WITH before AS (SELECT state FROM vault_records WHERE user_id = $1)
  UPDATE vault_records
     SET provider = $2, grant_id = $3, access_sealed = $4, refresh_sealed = $5, expires_at = $6, refresh_at = $7,
         saved_at = $8, version = version + 1, fence = fence + 1, previous_sealed = NULL, previous_until = NULL,
         rescued_sealed = NULL, rescued_version = NULL, refreshed_at = NULL, state = 'good', failures = 0,
         failed_at = NULL, leased_at = NULL, lease_until = NULL, intent_digest = NULL, intent_at = NULL
   WHERE user_id = $1
  RETURNING (SELECT state FROM before) AS state)sql"};

std::optional<std::string> replace(Tx& tx, const Saved& saved, Time now) {
  const Rows rows =
      tx.run(kReplace, saved.user_id, saved.provider, saved.grant_id, Bytes{saved.access_sealed},
             bytes(saved.refresh_sealed), saved.expires_at, saved.refresh_at, now);
  if (rows.empty()) return std::nullopt;
  return rows.front().text("state");
}

constexpr Statement kRemove{"vault_record_delete", R"sql(
  DELETE FROM vault_records WHERE user_id = $1)sql"};

bool remove(Tx& tx, std::string_view user_id) { return tx.run(kRemove, user_id).affected() == 1; }

// refresh_at moves behind the lease: other keepers do not pick what is being worked on, and after a death it
// is due again when the lease has run out. An attempt that failed has changed no version, but the fence. The
// row comes back, for the owner of a lease that ran out may have noted what it sends since it was seen.
constexpr Statement kTakeLease{"vault_record_take_lease", R"sql(
  UPDATE vault_records SET fence = fence + 1, leased_at = $5, lease_until = $6, refresh_at = $6
   WHERE user_id = $1 AND grant_id = $2 AND version = $3 AND fence = $4 AND (lease_until IS NULL OR lease_until <= $5)
  RETURNING user_id, provider, grant_id, version, access_sealed, refresh_sealed, previous_sealed, previous_until,
            rescued_sealed, rescued_version, expires_at, refreshed_at, state, failures, failed_at, refresh_at, fence,
            leased_at, lease_until, intent_digest)sql"};

std::optional<Record> take_lease(Connection& db, const Record& seen, Time now, Time until) {
  return first_of(db.execute(kTakeLease, seen.user_id, seen.grant_id, seen.version, seen.fence, now, until));
}

constexpr Statement kRenewLease{"vault_record_renew_lease", R"sql(
  UPDATE vault_records SET lease_until = $4, refresh_at = $4 WHERE user_id = $1 AND grant_id = $2 AND fence = $3)sql"};

bool renew_lease(Connection& db, const Record& seen, std::int64_t fence, Time until) {
  return db.execute(kRenewLease, seen.user_id, seen.grant_id, fence, until).affected() == 1;
}

constexpr Statement kNoteIntent{"vault_record_note_intent", R"sql(
  UPDATE vault_records SET intent_digest = $4, intent_at = $5 WHERE user_id = $1 AND grant_id = $2 AND fence = $3)sql"};

bool note_intent(Connection& db, const Record& seen, std::int64_t fence, std::string_view digest, Time now) {
  return db.execute(kNoteIntent, seen.user_id, seen.grant_id, fence, Bytes{digest}, now).affected() == 1;
}

constexpr Statement kStore{"vault_record_store", R"sql(
  UPDATE vault_records
     SET access_sealed = $3, refresh_sealed = $4, previous_sealed = $5, previous_until = $6, expires_at = $7,
         refresh_at = $8, refreshed_at = $9, version = version + 1, state = 'good', failures = 0, failed_at = NULL,
         leased_at = NULL, lease_until = NULL, intent_digest = NULL, intent_at = NULL,
         rescued_sealed = CASE WHEN rescued_version < version THEN NULL ELSE rescued_sealed END,
         rescued_version = CASE WHEN rescued_version < version THEN NULL ELSE rescued_version END
   WHERE user_id = $1 AND fence = $2 AND grant_id = $10)sql"};

bool store(Tx& tx, const Refreshed& pair, Time now) {
  return tx.run(kStore, pair.user_id, pair.fence, Bytes{pair.access_sealed}, Bytes{pair.refresh_sealed},
                bytes(pair.previous_sealed), pair.previous_until, pair.expires_at, pair.refresh_at, now,
                pair.grant_id)
             .affected() == 1;
}

// A rescued token that was refused as well is of no more use; one that came meanwhile stays, and is looked
// at.
constexpr Statement kFail{"vault_record_fail", R"sql(
  UPDATE vault_records
     SET state = $3, failures = failures + 1, failed_at = $5, leased_at = NULL, lease_until = NULL,
         refresh_at = CASE WHEN $3 = 'needs_login' AND rescued_sealed IS DISTINCT FROM $6 AND rescued_sealed IS NOT NULL
                           THEN $5::timestamptz ELSE $4::timestamptz END,
         intent_digest = CASE WHEN $8 THEN NULL ELSE intent_digest END,
         rescued_sealed = CASE WHEN $3 = 'needs_login' AND rescued_sealed = $6 THEN NULL ELSE rescued_sealed END
   WHERE user_id = $1 AND fence = $2 AND grant_id = $7)sql"};

bool fail(Tx& tx, const Record& seen, std::int64_t fence, std::string_view state,
          std::optional<Time> refresh_at, bool is_unused, Time now) {
  return tx.run(kFail, seen.user_id, fence, state, refresh_at, now, bytes(seen.rescued_sealed), seen.grant_id,
                is_unused)
             .affected() == 1;
}

// A record that was given up meanwhile is looked at again.
constexpr Statement kRescue{"vault_record_rescue", R"sql(
  UPDATE vault_records
     SET rescued_sealed = $4, rescued_version = $3, refresh_at = coalesce(refresh_at, intent_at)
   WHERE user_id = $1 AND grant_id = $2)sql"};

bool rescue(Tx& tx, const Record& seen, std::string_view refresh_sealed) {
  return tx.run(kRescue, seen.user_id, seen.grant_id, seen.version, Bytes{refresh_sealed}).affected() == 1;
}

constexpr Statement kLimit{"vault_limit_set", R"sql(
  INSERT INTO vault_limits (provider, limited_until) VALUES ($1, $2)
  ON CONFLICT (provider) DO UPDATE SET limited_until = greatest(vault_limits.limited_until, excluded.limited_until))sql"};

void limit(Tx& tx, std::string_view provider, Time until) { tx.run(kLimit, provider, until); }

// (coalesce: where all records are of one provider, the planner takes a plain <> for "hardly any row".)
constexpr Statement kDue{"vault_record_due", R"sql(
  SELECT user_id FROM vault_records
   WHERE refresh_at <= $1
     AND NOT coalesce(provider = ANY (ARRAY (SELECT provider FROM vault_limits WHERE limited_until > $1)), false)
     AND NOT coalesce(provider = ANY (string_to_array($3, ' ')), false)
   ORDER BY refresh_at, user_id LIMIT $2)sql"};

std::vector<std::string> due(Connection& db, Time now, int limit, const std::vector<std::string>& busy) {
  std::string names;
  for (const auto& name : busy) names += (names.empty() ? "" : " ") + name;
  std::vector<std::string> ids;
  for (const Row& row : db.read(kDue, now, limit, names)) ids.push_back(row.text("user_id"));
  return ids;
}

constexpr Statement kList{"vault_record_list", R"sql(
  SELECT user_id, provider, grant_id, version, access_sealed, refresh_sealed, previous_sealed, previous_until,
         rescued_sealed, rescued_version, expires_at, refreshed_at, state, failures, failed_at, refresh_at, fence, leased_at,
         lease_until, intent_digest
    FROM vault_records WHERE user_id > $1 ORDER BY user_id LIMIT $2)sql"};

std::vector<Record> list(Connection& db, std::string_view after, int limit) {
  std::vector<Record> records;
  for (const Row& row : db.read(kList, after, limit)) records.push_back(to_record(row));
  return records;
}

constexpr Statement kDeleteUnusable{"vault_record_delete_unusable", R"sql(
  SELECT needs_login, not_refreshable FROM vault_records_delete_unusable($1, $2))sql"};

Cleaned delete_unusable(Tx& tx, Time before, int limit) {
  const Row row = tx.run(kDeleteUnusable, before, limit).front();
  return {row.integer("needs_login"), row.integer("not_refreshable")};
}

constexpr Statement kInsertHandle{"vault_handle_insert", R"sql(
  INSERT INTO vault_handles (handle_id, user_id, handle_hash, created_at, created_by) VALUES ($1, $2, $3, $4, $5))sql"};

void insert_handle(Tx& tx, const Handle& handle, std::string_view hash) {
  tx.run(kInsertHandle, handle.handle_id, handle.user_id, Bytes{hash}, handle.created_at, handle.created_by);
}

constexpr Statement kFindHandle{"vault_handle_find_owner", R"sql(
  SELECT handle_id, user_id FROM vault_handles WHERE handle_hash = $1)sql"};

std::optional<HandleOwner> find_handle_owner(Connection& db, std::string_view hash) {
  const Rows rows = db.read(kFindHandle, Bytes{hash});
  if (rows.empty()) return std::nullopt;
  return HandleOwner{rows.front().text("handle_id"), rows.front().text("user_id")};
}

constexpr Statement kListHandles{"vault_handle_list", R"sql(
  SELECT handle_id, user_id, created_at, created_by FROM vault_handles WHERE user_id = $1 ORDER BY created_at)sql"};

std::vector<Handle> list_handles(Connection& db, std::string_view user_id) {
  std::vector<Handle> handles;
  for (const Row& row : db.read(kListHandles, user_id)) {
    handles.push_back(
        {row.text("handle_id"), row.text("user_id"), row.time("created_at"), row.text("created_by")});
  }
  return handles;
}

constexpr Statement kDeleteHandle{"vault_handle_delete", R"sql(
  DELETE FROM vault_handles WHERE user_id = $1 AND handle_id = $2)sql"};

bool delete_handle(Tx& tx, std::string_view user_id, std::string_view handle_id) {
  return tx.run(kDeleteHandle, user_id, handle_id).affected() == 1;
}

}  // namespace gatehouse::db::vault
