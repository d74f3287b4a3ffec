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

// Of family `f`: a user of ours whose tokens have all been ended since it was made. Never NULL. One look into
// the index for both keys: PostgreSQL makes ready for it at each rotation, also where there is no tenant.
#define SUBJECT_HAS_ENDED(now)                                                       \
  "(f.subject_tenant IS NOT NULL AND EXISTS ("                                       \
  "SELECT 1 FROM revocations r WHERE r.effective_at <= " now                         \
  " AND r.key = ANY (ARRAY['subject:' || f.subject, 'tenant:' || f.subject_tenant])" \
  " AND r.min_version > CASE r.key WHEN 'subject:' || f.subject THEN f.subject_version ELSE 0 END))"

// $2: now. The conditions are rotate's, turned round; a service that is no longer there counts as disabled.
constexpr Statement kFindByLocator{"token_family_find_by_locator", R"sql(
  SELECT f.family_id, f.client_id, f.subject, f.scope, f.current_hash, f.parent_hash, f.replay, f.rotated_at,
         f.created_at, f.expires_at, f.access_expires_at, f.ended_at, f.subject_tenant, f.subject_version,
         (s.client_id IS NULL OR s.disabled_at IS NOT NULL) AS client_disabled,
         )sql" SUBJECT_HAS_ENDED("$2") R"sql( AS subject_ended
    FROM token_families f LEFT JOIN services s ON s.client_id = f.client_id
   WHERE f.locator_hash = $1)sql"};

std::optional<Family> find_by_locator(Connection& db, std::string_view locator_hash, Time now) {
  const auto rows = db.read(kFindByLocator, Bytes{locator_hash}, now);
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
                row.boolean("client_disabled"),
                row.boolean("subject_ended")};
}

// Under READ COMMITTED a loser waits for the winner's commit and then looks at its condition again. No column
// is set that an index holds: the row stays in its page. The service is no join, which would mark its row,
// too.
constexpr Statement kRotate{"token_family_rotate", R"sql(
  UPDATE token_families f
     SET current_hash = $3, parent_hash = $2, replay = $4, rotated_at = $6,
         access_expires_at = greatest(access_expires_at, least($5, expires_at))
   WHERE f.locator_hash = $1 AND f.current_hash = $2 AND f.ended_at IS NULL AND f.expires_at > $6
     AND (SELECT s.disabled_at IS NULL FROM services s WHERE s.client_id = f.client_id)
     AND NOT )sql" SUBJECT_HAS_ENDED("$6") R"sql(
  RETURNING f.family_id, f.client_id, f.subject, f.subject_tenant, f.subject_version, f.expires_at)sql"};

std::optional<Holder> rotate(Connection& db, const Rotation& rotation, Time now) {
  std::optional<Bytes> replay;
  if (!rotation.replay.empty()) replay = Bytes{rotation.replay};
  const auto rows = db.execute(kRotate, Bytes{rotation.locator_hash}, Bytes{rotation.presented_hash},
                               Bytes{rotation.successor_hash}, replay, rotation.access_expires_at, now);
  if (rows.empty()) return std::nullopt;
  const Row row = rows.front();
  return Holder{row.text("family_id"),
                row.text("client_id"),
                row.text("subject"),
                row.nullable(&Row::text, "subject_tenant"),
                row.integer("subject_version"),
                row.time("expires_at")};
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

constexpr Statement kEndFrom{"token_family_end_from", R"sql(
  WITH ended AS (
    UPDATE token_families SET ended_at = $2, replay = NULL WHERE family_id IN (
      SELECT family_id FROM token_families
       WHERE family_id >= $1 AND ended_at IS NULL AND expires_at > least($2, now()) - interval '1 minute'
       ORDER BY family_id LIMIT $3 FOR UPDATE)
    RETURNING family_id, access_expires_at)
  SELECT family_id, access_expires_at, access_expires_at > least($2, now()) - interval '1 minute' AS access_may_live
    FROM ended ORDER BY family_id)sql"};

std::vector<Ended> end_from(Tx& tx, std::string_view family_id, Time now, int limit) {
  std::vector<Ended> ended;
  for (const auto& row : tx.run(kEndFrom, family_id, now, limit))
    ended.push_back({row.text("family_id"), row.time("access_expires_at"), row.boolean("access_may_live")});
  return ended;
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
