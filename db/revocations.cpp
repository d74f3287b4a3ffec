#include "db/revocations.h"

#include <optional>

#include "base/error.h"

namespace gatehouse::db::revocations {

constexpr Statement kUpsert{"revocation_upsert", R"sql(
  INSERT INTO revocations AS r (key, min_version, effective_at, expires_at, spares) VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (key) DO UPDATE
    SET min_version = greatest(r.min_version, excluded.min_version),
        effective_at = least(r.effective_at, excluded.effective_at),
        expires_at = greatest(r.expires_at, excluded.expires_at),
        spares = excluded.spares,
        written_by = excluded.written_by
  RETURNING xmax = 0 AS is_new)sql"};

bool revoke(Tx& tx, const Revocation& revocation) {
  return tx
      .run(kUpsert, revocation.key, revocation.min_version, revocation.effective_at, revocation.expires_at,
           revocation.spares)
      .front()
      .boolean("is_new");
}

// Lookups in the index of the primary key; a NULL key finds nothing.
constexpr Statement kIsRevoked{"revocation_find_any", R"sql(
  SELECT EXISTS (
    SELECT 1 FROM revocations
     WHERE ((key = $1 AND min_version > $2) OR (key = $3 AND min_version > $4) OR
            (key = $5 AND min_version > $6) OR (key = $7 AND min_version > $8) OR
            (key = $9 AND min_version > $10))
       AND effective_at <= $11 AND spares IS DISTINCT FROM $12) AS revoked)sql"};

namespace {

bool any_revoked(std::span<const Check> keys, Time now, std::string_view token_id, const auto& run) {
  if (keys.empty() || keys.size() > 5) {
    throw Error(Errc::internal, {}, "is_revoked takes one to five keys");
  }
  const auto key = [&](std::size_t i) { return i < keys.size() ? std::optional(keys[i].key) : std::nullopt; };
  const auto version = [&](std::size_t i) { return i < keys.size() ? keys[i].version : 0; };
  return run(key(0), version(0), key(1), version(1), key(2), version(2), key(3), version(3), key(4),
             version(4), now, token_id)
      .front()
      .boolean("revoked");
}

}  // namespace

bool is_revoked(Connection& db, std::span<const Check> keys, Time now, std::string_view token_id) {
  return any_revoked(keys, now, token_id,
                     [&](const auto&... values) { return db.read(kIsRevoked, values...); });
}

bool is_revoked(Tx& tx, std::span<const Check> keys, Time now, std::string_view token_id) {
  return any_revoked(keys, now, token_id,
                     [&](const auto&... values) { return tx.run(kIsRevoked, values...); });
}

constexpr Statement kDeleteExpired{"revocation_delete_expired", R"sql(
  SELECT revocations_delete_expired($1, $2) AS count)sql"};

std::int64_t delete_expired(Connection& db, Time now, int limit) {
  return db.execute(kDeleteExpired, now, limit).front().integer("count");
}

}  // namespace gatehouse::db::revocations
