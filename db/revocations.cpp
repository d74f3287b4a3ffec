#include "db/revocations.h"

#include <algorithm>
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
        spares = excluded.spares
  RETURNING xmax = 0 AS is_new)sql"};

bool revoke(Tx& tx, const Revocation& revocation) {
  tx.note_revocation();
  return tx
      .run(kUpsert, revocation.key, revocation.min_version, revocation.effective_at, revocation.expires_at,
           revocation.spares)
      .front()
      .boolean("is_new");
}

// Two ways into the index, or a transaction that is open for hours would have all since read again each time.
// The second one is written so that PostgreSQL takes the index whatever it thinks: where most of the table
// was written at once, as by a restore, any open transaction might be that one, and with `=` it read the
// whole table twenty times a second. After a restore there are rows whose numbers this server has yet to
// give: those below the snapshot are the ones that it gave. Without a mark there is no row.
constexpr Statement kChanges{"revocation_changes", R"sql(
  SELECT here.source, pg_current_snapshot()::text AS seen, now() AS at,
         r.key, r.min_version, r.effective_at, r.expires_at, r.spares
    FROM (
      SELECT left(encode(sha256(convert_to(concat_ws(' ',
               system.system_identifier, left(pg_walfile_name(pg_current_wal_lsn()), 8),
               (SELECT oid FROM pg_database WHERE datname = current_database()), 'revocations'::regclass::oid,
               m.mark), 'UTF8')), 'hex'), 40) AS source
        FROM pg_control_system() AS system, crash_mark AS m WHERE m.only_one OFFSET 0
    ) AS here
    LEFT JOIN (
      SELECT key, min_version, effective_at, expires_at, spares FROM revocations
       WHERE written_by >= pg_snapshot_xmax($1::pg_snapshot)
         AND written_by < pg_snapshot_xmax(pg_current_snapshot())
      UNION ALL
      SELECT changed.key, changed.min_version, changed.effective_at, changed.expires_at, changed.spares
        FROM pg_snapshot_xip($1::pg_snapshot) AS open (number)
       CROSS JOIN LATERAL (
         SELECT key, min_version, effective_at, expires_at, spares FROM revocations
          WHERE written_by BETWEEN open.number AND open.number ORDER BY written_by LIMIT $2) AS changed
    ) AS r ON true
   LIMIT $2)sql"};

Changes changes(Connection& db, const std::string& seen, int limit) {
  Changes result;
  for (const Row& row : db.read(kChanges, seen, limit)) {
    result.source = row.text("source");
    result.seen = row.text("seen");
    result.at = row.time("at");
    if (row.nullable(&Row::text, "key")) result.revocations.push_back(to_revocation(row));
  }
  return result;
}

constexpr Statement kMark{"crash_mark_insert", R"sql(
  INSERT INTO crash_mark (only_one) VALUES (true) ON CONFLICT DO NOTHING)sql"};

void mark(Connection& db) { db.execute(kMark); }

std::string seen_before(std::uint64_t number) {
  const std::string text = std::to_string(std::max<std::uint64_t>(number, 1));
  return text + ':' + text + ':';
}

std::uint64_t oldest_open(const std::string& seen) { return std::stoull(seen); }

constexpr Statement kListAfter{"revocation_list_after", R"sql(
  SELECT key, min_version, effective_at, expires_at, spares FROM revocations
   WHERE key > $1 ORDER BY key LIMIT $2)sql"};

std::vector<Revocation> list_after(Connection& db, std::string_view key, int limit) {
  std::vector<Revocation> result;
  for (const Row& row : db.read(kListAfter, key, limit)) result.push_back(to_revocation(row));
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
