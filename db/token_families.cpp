#include "db/token_families.h"

namespace gatehouse::db::token_families {

constexpr Statement kInsert{"token_family_insert", R"sql(
  INSERT INTO token_families (family_id, locator_hash, client_id, subject, scope, current_hash, created_at,
                              expires_at, access_expires_at, subject_tenant, subject_version)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11))sql"};

void insert(Connection& db, const NewFamily& family) {
  db.execute(kInsert, family.family_id, Bytes{family.locator_hash}, family.client_id, family.subject,
             family.scope, Bytes{family.current_hash}, family.created_at, family.expires_at,
             family.access_expires_at, family.subject_tenant, family.subject_version);
}

// A service that is no longer there counts as disabled.
constexpr Statement kFindByLocator{"token_family_find_by_locator", R"sql(
  SELECT f.family_id, f.client_id, f.subject, f.scope, f.current_hash, f.parent_hash, f.replay, f.rotated_at,
         f.created_at, f.expires_at, f.access_expires_at, f.ended_at, f.subject_tenant, f.subject_version,
         (s.client_id IS NULL OR s.disabled_at IS NOT NULL) AS client_disabled
    FROM token_families f LEFT JOIN services s ON s.client_id = f.client_id
   WHERE f.locator_hash = $1)sql"};

std::optional<Family> find_by_locator(Connection& db, std::string_view locator_hash) {
  const auto rows = db.read(kFindByLocator, Bytes{locator_hash});
  if (rows.empty()) return std::nullopt;
  const Row row = rows.front();
  return Family{row.text("family_id"),
                row.text("client_id"),
                row.text("subject"),
                row.nullable(&Row::text, "scope"),
                row.bytes("current_hash"),
                row.nullable(&Row::bytes, "parent_hash"),
                row.nullable(&Row::bytes, "replay"),
                row.nullable(&Row::time, "rotated_at"),
                row.time("created_at"),
                row.time("expires_at"),
                row.time("access_expires_at"),
                row.nullable(&Row::time, "ended_at"),
                row.nullable(&Row::text, "subject_tenant"),
                row.integer("subject_version"),
                row.boolean("client_disabled")};
}

// Under READ COMMITTED a loser waits for the winner's commit and then looks at its condition again.
constexpr Statement kRotate{"token_family_rotate", R"sql(
  UPDATE token_families
     SET current_hash = $3, parent_hash = $2, replay = $4, rotated_at = $6,
         access_expires_at = greatest(access_expires_at, $5)
   WHERE family_id = $1 AND current_hash = $2 AND ended_at IS NULL AND expires_at > $6
     AND EXISTS (SELECT 1 FROM services s
                  WHERE s.client_id = token_families.client_id AND s.disabled_at IS NULL))sql"};

bool rotate(Connection& db, const Rotation& rotation, Time now) {
  std::optional<Bytes> replay;
  if (!rotation.replay.empty()) replay = Bytes{rotation.replay};
  return db.execute(kRotate, rotation.family_id, Bytes{rotation.presented_hash},
                    Bytes{rotation.successor_hash}, replay, rotation.access_expires_at, now)
             .affected() > 0;
}

// What could be replayed goes with the family.
constexpr Statement kEnd{"token_family_end", R"sql(
  UPDATE token_families SET ended_at = $2, replay = NULL
   WHERE family_id = $1 AND ended_at IS NULL
  RETURNING access_expires_at)sql"};

std::optional<Time> end(Tx& tx, std::string_view family_id, Time now) {
  tx.note_revocation();
  const auto rows = tx.run(kEnd, family_id, now);
  if (rows.empty()) return std::nullopt;
  return rows.front().time("access_expires_at");
}

constexpr Statement kEndAfter{"token_family_end_after", R"sql(
  WITH ended AS (
    UPDATE token_families SET ended_at = $2, replay = NULL WHERE family_id IN (
      SELECT family_id FROM token_families WHERE family_id > $1 AND ended_at IS NULL AND expires_at > $2
       ORDER BY family_id LIMIT $3 FOR UPDATE)
    RETURNING family_id, access_expires_at)
  SELECT family_id, access_expires_at FROM ended ORDER BY family_id)sql"};

std::vector<Ended> end_after(Tx& tx, std::string_view family_id, Time now, int limit) {
  std::vector<Ended> ended;
  for (const auto& row : tx.run(kEndAfter, family_id, now, limit))
    ended.push_back({row.text("family_id"), row.time("access_expires_at")});
  return ended;
}

// SKIP LOCKED: a family that is being rotated just now has a newer replay by the time this could have it.
constexpr Statement kEraseReplays{"token_family_erase_replays", R"sql(
  UPDATE token_families SET replay = NULL WHERE family_id IN (
    SELECT family_id FROM token_families WHERE replay IS NOT NULL AND rotated_at < $1
     ORDER BY rotated_at LIMIT $2 FOR UPDATE SKIP LOCKED))sql"};

std::int64_t erase_replays(Connection& db, Time rotated_before, int limit) {
  return db.execute(kEraseReplays, rotated_before, limit).affected();
}

constexpr Statement kDeleteExpired{"token_family_delete_expired", R"sql(
  SELECT token_families_delete_expired($1, $2) AS count)sql"};

std::int64_t delete_expired(Connection& db, Time now, int limit) {
  return db.execute(kDeleteExpired, now, limit).front().integer("count");
}

constexpr Statement kDeleteOfTenant{"token_family_delete_of_tenant", R"sql(
  SELECT token_families_delete_of_tenant($1, $2) AS count)sql"};

std::int64_t delete_of_tenant(Connection& db, const TenantId& tenant, int limit) {
  return db.execute(kDeleteOfTenant, tenant.str(), limit).front().integer("count");
}

}  // namespace gatehouse::db::token_families
