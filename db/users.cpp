#include "db/users.h"

namespace gatehouse::db::users {

namespace {

UserRow to_row(const Row& row) {
  return {
      UserId::trusted(row.text("user_id")), row.text("email"),      row.text("profile"),
      row.integer("token_version"),         row.time("created_at"), row.nullable(&Row::time, "disabled_at")};
}

std::optional<UserRow> one(const Rows& rows) {
  if (rows.empty()) return std::nullopt;
  return to_row(rows.front());
}

std::optional<UserWithHash> one_with_hash(const Rows& rows) {
  if (rows.empty()) return std::nullopt;
  return UserWithHash{to_row(rows.front()), rows.front().text("password_hash")};
}

}  // namespace

constexpr Statement kInsert{"user_insert", R"sql(
  INSERT INTO users (tenant_id, user_id, email, email_key, password_hash, profile, created_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7)
  ON CONFLICT (tenant_id, email_key) DO NOTHING)sql"};

bool insert(Tx& tx, const TenantId& tenant, const NewUser& user, Time now) {
  tx.as_tenant(tenant);
  return tx.run(kInsert, tenant.str(), user.id.str(), user.email, user.email_key, user.password_hash,
                user.profile, now)
             .affected() > 0;
}

// No email has this key: none can be without an @.
constexpr Statement kInsertForeign{"user_insert_foreign", R"sql(
  INSERT INTO users (tenant_id, user_id, email, email_key, password_hash, profile, created_at)
  VALUES ($1, $2, '', 'foreign:' || $2, $3, $4, $5)
  ON CONFLICT DO NOTHING)sql"};

bool insert_foreign(Tx& tx, const TenantId& tenant, const UserId& id, std::string_view password_hash,
                    std::string_view profile, Time now) {
  tx.as_tenant(tenant);
  return tx.run(kInsertForeign, tenant.str(), id.str(), password_hash, profile, now).affected() > 0;
}

constexpr Statement kEmailIsTaken{"user_email_is_taken", R"sql(
  SELECT EXISTS (SELECT 1 FROM users WHERE tenant_id = $1 AND email_key = $2) AS taken)sql"};

bool email_is_taken(Tx& tx, const TenantId& tenant, std::string_view email_key) {
  tx.as_tenant(tenant);
  return tx.run(kEmailIsTaken, tenant.str(), email_key).front().boolean("taken");
}

constexpr Statement kFind{"user_find", R"sql(
  SELECT user_id, email, profile, token_version, created_at, disabled_at
    FROM users WHERE tenant_id = $1 AND user_id = $2)sql"};

std::optional<UserRow> find(Tx& tx, const TenantId& tenant, const UserId& id) {
  tx.as_tenant(tenant);
  return one(tx.run(kFind, tenant.str(), id.str()));
}

// The tenant is set for this one statement, before any row is looked at: OFFSET 0 keeps the planner from
// turning the two around.
constexpr Statement kFindAlone{"user_find_alone", R"sql(
  WITH bound AS MATERIALIZED (SELECT set_config('app.tenant', $1, true) AS tenant_id)
  SELECT u.user_id, u.email, u.profile, u.token_version, u.created_at, u.disabled_at
    FROM bound, LATERAL (
      SELECT user_id, email, profile, token_version, created_at, disabled_at
        FROM users WHERE tenant_id = bound.tenant_id AND user_id = $2 OFFSET 0) AS u)sql"};

std::optional<UserRow> find(Connection& db, const TenantId& tenant, const UserId& id) {
  return one(db.read(kFindAlone, tenant.str(), id.str()));
}

constexpr Statement kFindWithHash{"user_find_with_hash", R"sql(
  SELECT user_id, email, profile, token_version, created_at, disabled_at, password_hash
    FROM users WHERE tenant_id = $1 AND user_id = $2)sql"};

std::optional<UserWithHash> find_with_hash(Tx& tx, const TenantId& tenant, const UserId& id) {
  tx.as_tenant(tenant);
  return one_with_hash(tx.run(kFindWithHash, tenant.str(), id.str()));
}

constexpr Statement kFindByEmail{"user_find_by_email", R"sql(
  SELECT user_id, email, profile, token_version, created_at, disabled_at, password_hash
    FROM users WHERE tenant_id = $1 AND email_key = $2)sql"};

std::optional<UserWithHash> find_by_email(Tx& tx, const TenantId& tenant, std::string_view email_key) {
  tx.as_tenant(tenant);
  return one_with_hash(tx.run(kFindByEmail, tenant.str(), email_key));
}

constexpr Statement kFindAndLock{"user_find_and_lock", R"sql(
  SELECT user_id, email, profile, token_version, created_at, disabled_at
    FROM users WHERE tenant_id = $1 AND user_id = $2 FOR NO KEY UPDATE)sql"};

std::optional<UserRow> find_and_lock(Tx& tx, const TenantId& tenant, const UserId& id) {
  tx.as_tenant(tenant);
  return one(tx.run(kFindAndLock, tenant.str(), id.str()));
}

constexpr Statement kList{"user_list", R"sql(
  SELECT user_id, email, profile, token_version, created_at, disabled_at
    FROM (SELECT user_id, email, profile, token_version, created_at, disabled_at,
                 sum(octet_length(email) + octet_length(profile::text))
                   OVER (ORDER BY created_at, user_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
            FROM (SELECT user_id, email, profile, token_version, created_at, disabled_at
                    FROM users WHERE tenant_id = $1 AND (created_at, user_id) > ($2, $3)
                   ORDER BY created_at, user_id LIMIT $4) AS next_ones) AS summed
   WHERE coalesce(before, 0) < $5
   ORDER BY created_at, user_id)sql"};

std::vector<UserRow> list(Tx& tx, const TenantId& tenant, const Position& after, int limit,
                          std::int64_t bytes) {
  tx.as_tenant(tenant);
  std::vector<UserRow> users;
  for (const Row& row : tx.run(kList, tenant.str(), after.created_at, after.id, limit, bytes))
    users.push_back(to_row(row));
  return users;
}

constexpr Statement kSetProfile{"user_set_profile", R"sql(
  UPDATE users SET profile = $3 WHERE tenant_id = $1 AND user_id = $2)sql"};

void set_profile(Tx& tx, const TenantId& tenant, const UserId& id, std::string_view profile) {
  tx.as_tenant(tenant);
  tx.run(kSetProfile, tenant.str(), id.str(), profile);
}

constexpr Statement kSetDisabled{"user_set_disabled", R"sql(
  UPDATE users SET disabled_at = $3 WHERE tenant_id = $1 AND user_id = $2)sql"};

void set_disabled(Tx& tx, const TenantId& tenant, const UserId& id, std::optional<Time> at) {
  tx.as_tenant(tenant);
  tx.run(kSetDisabled, tenant.str(), id.str(), at);
}

constexpr Statement kReplaceHash{"user_replace_hash", R"sql(
  UPDATE users SET password_hash = $4 WHERE tenant_id = $1 AND user_id = $2 AND password_hash = $3)sql"};

bool replace_hash(Tx& tx, const TenantId& tenant, const UserId& id, std::string_view before,
                  std::string_view after) {
  tx.as_tenant(tenant);
  return tx.run(kReplaceHash, tenant.str(), id.str(), before, after).affected() > 0;
}

constexpr Statement kBumpVersion{"user_bump_token_version", R"sql(
  UPDATE users SET token_version = token_version + 1 WHERE tenant_id = $1 AND user_id = $2
  RETURNING token_version)sql"};

std::optional<std::int64_t> bump_version(Tx& tx, const TenantId& tenant, const UserId& id) {
  tx.as_tenant(tenant);
  const auto rows = tx.run(kBumpVersion, tenant.str(), id.str());
  if (rows.empty()) return std::nullopt;
  return rows.front().integer("token_version");
}

constexpr Statement kRemove{"user_delete", R"sql(
  DELETE FROM users WHERE tenant_id = $1 AND user_id = $2)sql"};

bool remove(Tx& tx, const TenantId& tenant, const UserId& id) {
  tx.as_tenant(tenant);
  return tx.run(kRemove, tenant.str(), id.str()).affected() > 0;
}

constexpr Statement kRemoveSome{"user_delete_some", R"sql(
  DELETE FROM users WHERE (tenant_id, user_id) IN (
    SELECT tenant_id, user_id FROM users WHERE tenant_id = $1 LIMIT $2 FOR UPDATE SKIP LOCKED))sql"};

std::int64_t remove_some(Tx& tx, const TenantId& tenant, int limit) {
  tx.as_tenant(tenant);
  return tx.run(kRemoveSome, tenant.str(), limit).affected();
}

constexpr Statement kFindOwner{"user_find_owner", R"sql(
  SELECT tenant_id, token_version, disabled_at FROM user_owner($1))sql"};

std::optional<Owner> find_owner(Connection& db, const UserId& id) {
  const auto rows = db.read(kFindOwner, id.str());
  if (rows.empty()) return std::nullopt;
  const Row row = rows.front();
  return Owner{TenantId::trusted(row.text("tenant_id")), row.integer("token_version"),
               row.nullable(&Row::time, "disabled_at")};
}

}  // namespace gatehouse::db::users
