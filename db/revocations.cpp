#include "db/revocations.h"

#include <optional>

#include "base/error.h"

namespace gatehouse::db::revocations {

namespace {

Revocation to_revocation(const Row& row) {
  return {row.text("key"), row.integer("min_version"), row.time("effective_at"), row.time("expires_at"),
          row.nullable(&Row::text, "spares")};
}

}  // namespace

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
  tx.note_revocation();
  return tx
      .run(kUpsert, revocation.key, revocation.min_version, revocation.effective_at, revocation.expires_at,
           revocation.spares)
      .front()
      .boolean("is_new");
}

constexpr Statement kChanges{"revocation_changes", R"sql(
  SELECT system.system_identifier || ' ' || left(pg_walfile_name(pg_current_wal_lsn()), 8) AS source,
         pg_snapshot_xmin(pg_current_snapshot())::text AS next, r.key, r.min_version, r.effective_at, r.expires_at,
         r.spares
    FROM pg_control_system() AS system LEFT JOIN revocations r ON r.written_by >= $1::xid8
   LIMIT $2)sql"};

Changes changes(Connection& db, std::uint64_t since, int limit) {
  Changes result;
  for (const Row& row : db.read(kChanges, std::to_string(since), limit)) {
    result.source = row.text("source");
    result.next = std::stoull(row.text("next"));
    if (row.nullable(&Row::text, "key")) result.revocations.push_back(to_revocation(row));
  }
  return result;
}

constexpr Statement kListAfter{"revocation_list_after", R"sql(
  SELECT key, min_version, effective_at, expires_at, spares FROM revocations
   WHERE key > $1 AND expires_at > $2 ORDER BY key LIMIT $3)sql"};

std::vector<Revocation> list_after(Connection& db, std::string_view key, Time now, int limit) {
  std::vector<Revocation> result;
  for (const Row& row : db.read(kListAfter, key, now, limit)) result.push_back(to_revocation(row));
  return result;
}

constexpr Statement kIsRevoked{"revocation_find", R"sql(
  SELECT EXISTS (
    SELECT 1 FROM revocations
     WHERE key = $1 AND min_version > $2 AND effective_at <= $3 AND spares IS DISTINCT FROM $4) AS revoked)sql"};

bool is_revoked(Tx& tx, std::string_view key, std::int64_t version, Time now, std::string_view token_id) {
  return tx.run(kIsRevoked, key, version, now, token_id).front().boolean("revoked");
}

constexpr Statement kDeleteExpired{"revocation_delete_expired", R"sql(
  SELECT revocations_delete_expired($1, $2) AS count)sql"};

std::int64_t delete_expired(Connection& db, Time now, int limit) {
  return db.execute(kDeleteExpired, now, limit).front().integer("count");
}

}  // namespace gatehouse::db::revocations
