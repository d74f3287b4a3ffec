#include "db/tenants.h"

namespace gatehouse::db::tenants {

namespace {

const char* name_of(KeyKind kind) { return kind == KeyKind::public_key ? "public" : "secret"; }
KeyKind kind_named(const std::string& name) {
  return name == "public" ? KeyKind::public_key : KeyKind::secret_key;
}

TenantRow to_row(const Row& row) {
  return {TenantId::trusted(row.text("tenant_id")), row.text("name"), row.time("created_at")};
}

}  // namespace

constexpr Statement kInsert{"tenant_insert", R"sql(
  INSERT INTO tenants (tenant_id, name, created_at) VALUES ($1, $2, $3))sql"};

void insert(Tx& tx, const TenantId& id, std::string_view name, Time now) {
  tx.as_tenant(id);
  tx.run(kInsert, id.str(), name, now);
}

constexpr Statement kFind{"tenant_find", R"sql(
  SELECT t.tenant_id, t.name, t.created_at,
         (SELECT k.public_key FROM tenant_keys k
           WHERE k.tenant_id = t.tenant_id AND k.kind = 'public' AND k.expires_at IS NULL
           ORDER BY k.created_at DESC LIMIT 1) AS public_key,
         (SELECT k.key_hash FROM tenant_keys k
           WHERE k.tenant_id = t.tenant_id AND k.kind = 'secret' AND k.expires_at IS NULL
           ORDER BY k.created_at DESC LIMIT 1) AS secret_key_hash
    FROM tenants t WHERE t.tenant_id = $1 AND t.ended_at IS NULL)sql"};

std::optional<TenantWithKeys> find(Tx& tx, const TenantId& id) {
  tx.as_tenant(id);
  const auto rows = tx.run(kFind, id.str());
  if (rows.empty()) return std::nullopt;
  const Row row = rows.front();
  return TenantWithKeys{to_row(row), row.nullable(&Row::text, "public_key"),
                        row.nullable(&Row::bytes, "secret_key_hash")};
}

constexpr Statement kLock{"tenant_lock", R"sql(
  SELECT tenant_id FROM tenants WHERE tenant_id = $1 AND ended_at IS NULL FOR NO KEY UPDATE)sql"};

bool lock(Tx& tx, const TenantId& id) {
  tx.as_tenant(id);
  return !tx.run(kLock, id.str()).empty();
}

constexpr Statement kLockAny{"tenant_lock_any", R"sql(
  SELECT tenant_id FROM tenants WHERE tenant_id = $1 FOR NO KEY UPDATE)sql"};

constexpr Statement kEnd{"tenant_end", R"sql(
  UPDATE tenants SET ended_at = $2 WHERE tenant_id = $1 AND ended_at IS NULL)sql"};

Ending end(Tx& tx, const TenantId& id, Time now) {
  tx.as_tenant(id);
  if (tx.run(kLockAny, id.str()).empty()) return Ending::missing;
  return tx.run(kEnd, id.str(), now).affected() > 0 ? Ending::now : Ending::before;
}

// Keys and users go by ON DELETE CASCADE; the counters know no tenant but by its name.
constexpr Statement kRemove{"tenant_delete", R"sql(
  WITH counters AS (DELETE FROM login_attempts WHERE tenant_id = $1)
  DELETE FROM tenants WHERE tenant_id = $1)sql"};

bool remove(Tx& tx, const TenantId& id) {
  tx.note_revocation();
  tx.as_tenant(id);
  return tx.run(kRemove, id.str()).affected() > 0;
}

constexpr Statement kCountLiveKeys{"tenant_key_count_live", R"sql(
  SELECT count(*) AS count FROM tenant_keys
   WHERE tenant_id = $1 AND kind = $2 AND (expires_at IS NULL OR expires_at > $3))sql"};

std::int64_t count_live_keys(Tx& tx, const TenantId& id, KeyKind kind, Time now) {
  tx.as_tenant(id);
  return tx.run(kCountLiveKeys, id.str(), name_of(kind), now).front().integer("count");
}

constexpr Statement kAddKey{"tenant_key_insert", R"sql(
  INSERT INTO tenant_keys (tenant_id, key_hash, kind, public_key, created_at)
  VALUES ($1, $2, $3, nullif($4, ''), $5))sql"};

void add_key(Tx& tx, const TenantId& id, const NewKey& key, Time now) {
  tx.as_tenant(id);
  tx.run(kAddKey, id.str(), Bytes{key.hash}, name_of(key.kind), key.text, now);
}

constexpr Statement kExpireKeys{"tenant_key_expire", R"sql(
  UPDATE tenant_keys SET expires_at = $3
   WHERE tenant_id = $1 AND kind = $2 AND (expires_at IS NULL OR expires_at > $3))sql"};

void expire_keys(Tx& tx, const TenantId& id, KeyKind kind, Time at) {
  tx.note_revocation();
  tx.as_tenant(id);
  tx.run(kExpireKeys, id.str(), name_of(kind), at);
}

constexpr Statement kFindByKey{"tenant_find_by_key", R"sql(
  SELECT tenant_id, kind, expires_at FROM tenant_key_owner($1, $2))sql"};

namespace {

std::optional<KeyOwner> to_owner(const Rows& rows) {
  if (rows.empty()) return std::nullopt;
  const Row row = rows.front();
  return KeyOwner{TenantId::trusted(row.text("tenant_id")), kind_named(row.text("kind")),
                  row.nullable(&Row::time, "expires_at")};
}

}  // namespace

std::optional<KeyOwner> find_by_key(Connection& db, std::string_view hash, Time now) {
  return to_owner(db.read(kFindByKey, Bytes{hash}, now));
}
std::optional<KeyOwner> find_by_key(Tx& tx, std::string_view hash, Time now) {
  return to_owner(tx.run(kFindByKey, Bytes{hash}, now));
}

constexpr Statement kList{"tenant_list", R"sql(
  SELECT tenant_id, name, created_at FROM tenants_list($1, $2) ORDER BY tenant_id)sql"};

std::vector<TenantRow> list(Connection& db, std::string_view after, int limit) {
  std::vector<TenantRow> rows;
  for (const Row& row : db.read(kList, after, limit)) rows.push_back(to_row(row));
  return rows;
}

constexpr Statement kDeleteExpiredKeys{"tenant_key_delete_expired", R"sql(
  SELECT tenant_keys_delete_expired($1, $2) AS count)sql"};

std::int64_t delete_expired_keys(Connection& db, Time now, int limit) {
  return db.execute(kDeleteExpiredKeys, now, limit).front().integer("count");
}

}  // namespace gatehouse::db::tenants
