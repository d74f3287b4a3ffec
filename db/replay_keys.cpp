#include "db/replay_keys.h"

namespace gatehouse::db::replay_keys {

constexpr Statement kFind{"replay_key_find", R"sql(
  SELECT key FROM replay_keys WHERE epoch = $1)sql"};

std::optional<std::string> find(Connection& db, std::int64_t epoch) {
  const auto rows = db.read(kFind, epoch);
  if (rows.empty()) return std::nullopt;
  return rows.front().bytes("key");
}

constexpr Statement kInsert{"replay_key_insert", R"sql(
  INSERT INTO replay_keys (epoch, key, expires_at) VALUES ($1, $2, $3) ON CONFLICT (epoch) DO NOTHING)sql"};

void insert(Connection& db, std::int64_t epoch, std::string_view key, Time expires_at) {
  db.execute(kInsert, epoch, Bytes{key}, expires_at);
}

constexpr Statement kDeleteExpired{"replay_key_delete_expired", R"sql(
  SELECT replay_keys_delete_expired($1) AS removed)sql"};

std::int64_t delete_expired(Connection& db, Time before) {
  return db.execute(kDeleteExpired, before).front().integer("removed");
}

}  // namespace gatehouse::db::replay_keys
