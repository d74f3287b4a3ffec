#include "db/services.h"

#include <sstream>

namespace gatehouse::db::services {

namespace {

ServiceRow to_row(const Row& row) {
  return {ServiceId::trusted(row.text("client_id")),
          row.text("service_name"),
          row.text("description"),
          row.integer("token_version"),
          row.time("created_at"),
          row.nullable(&Row::time, "disabled_at")};
}

// Scope names have no spaces (RFC 6749 section 3.3).
std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  std::istringstream stream(text);
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

// One row for each live secret, or one with no secret.
std::optional<ServiceWithSecrets> with_secrets(const Rows& rows) {
  if (rows.empty()) return std::nullopt;
  ServiceWithSecrets service{to_row(rows.front()), {}, {}, false};
  for (const Row& row : rows) {
    auto hash = row.nullable(&Row::bytes, "secret_hash");
    if (hash) service.secrets.push_back({std::move(*hash), row.nullable(&Row::time, "expires_at")});
  }
  service.scopes = words_of(rows.front().text("scopes"));
  service.used = rows.front().boolean("used");
  return service;
}

}  // namespace

// One statement for both, so that no service is ever seen without its secret.
constexpr Statement kInsert{"service_insert", R"sql(
  WITH service AS (
    INSERT INTO services (client_id, service_name, description, created_at) VALUES ($1, $2, $3, $5)
    RETURNING client_id)
  INSERT INTO service_secrets (client_id, secret_hash, created_at)
  SELECT client_id, $4::bytea, $5 FROM service)sql"};

void insert(Tx& tx, const ServiceId& id, std::string_view name, std::string_view description,
            std::string_view secret_hash, Time now) {
  tx.run(kInsert, id.str(), name, description, Bytes{secret_hash}, now);
}

constexpr Statement kFindWithSecrets{"service_find_with_secrets", R"sql(
  SELECT s.client_id, s.service_name, s.description, s.token_version, s.created_at, s.disabled_at,
         s.first_used_at IS NOT NULL AS used,
         coalesce((SELECT string_agg(g.scope_name, ' ' ORDER BY g.scope_name COLLATE "C")
                     FROM service_scopes g WHERE g.client_id = s.client_id), '') AS scopes,
         k.secret_hash, k.expires_at
    FROM services s
    LEFT JOIN service_secrets k ON k.client_id = s.client_id AND (k.expires_at IS NULL OR k.expires_at > $2)
   WHERE s.client_id = $1
   ORDER BY k.expires_at DESC NULLS FIRST, k.created_at DESC)sql"};

std::optional<ServiceWithSecrets> find_with_secrets(Tx& tx, const ServiceId& id, Time now) {
  return with_secrets(tx.run(kFindWithSecrets, id.str(), now));
}

// The secret first: nothing else is looked at until it has been found (LATERAL, and OFFSET 0 keeps it so), or
// a wrong one would take longer for a client that exists.
constexpr Statement kFindBySecret{"service_find_by_secret", R"sql(
  SELECT s.client_id, s.service_name, s.description, s.token_version, s.created_at, s.disabled_at, s.used,
         s.scopes, k.expires_at
    FROM service_secrets k
   CROSS JOIN LATERAL (
     SELECT c.client_id, c.service_name, c.description, c.token_version, c.created_at, c.disabled_at,
            c.first_used_at IS NOT NULL AS used,
            coalesce((SELECT string_agg(g.scope_name, ' ' ORDER BY g.scope_name COLLATE "C")
                        FROM service_scopes g WHERE g.client_id = c.client_id), '') AS scopes
       FROM services c WHERE c.client_id = k.client_id OFFSET 0) AS s
   WHERE k.client_id = $1 AND k.secret_hash = $2 AND (k.expires_at IS NULL OR k.expires_at > $3))sql"};

std::optional<ProvenService> find_by_secret(Connection& db, const ServiceId& id, std::string_view secret_hash,
                                            Time now) {
  const auto rows = db.read(kFindBySecret, id.str(), Bytes{secret_hash}, now);
  if (rows.empty()) return std::nullopt;
  const Row row = rows.front();
  return ProvenService{to_row(row), row.nullable(&Row::time, "expires_at"), words_of(row.text("scopes")),
                       row.boolean("used")};
}

constexpr Statement kLock{"service_lock", R"sql(
  SELECT client_id FROM services WHERE client_id = $1 FOR NO KEY UPDATE)sql"};

bool lock(Tx& tx, const ServiceId& id) { return !tx.run(kLock, id.str()).empty(); }

constexpr Statement kGrantScope{"service_scope_insert", R"sql(
  INSERT INTO service_scopes (client_id, scope_name, granted_by, granted_at) VALUES ($1, $2, $3, $4)
  ON CONFLICT (client_id, scope_name) DO NOTHING)sql"};

bool grant_scope(Tx& tx, const ServiceId& id, std::string_view scope, std::string_view granted_by, Time now) {
  tx.note_revocation();
  return tx.run(kGrantScope, id.str(), scope, granted_by, now).affected() > 0;
}

constexpr Statement kRevokeScope{"service_scope_delete", R"sql(
  DELETE FROM service_scopes WHERE client_id = $1 AND scope_name = $2)sql"};

bool revoke_scope(Tx& tx, const ServiceId& id, std::string_view scope) {
  tx.note_revocation();
  return tx.run(kRevokeScope, id.str(), scope).affected() > 0;
}

constexpr Statement kDisable{"service_disable", R"sql(
  UPDATE services SET disabled_at = $2 WHERE client_id = $1 AND disabled_at IS NULL)sql"};

bool disable(Tx& tx, const ServiceId& id, Time now) {
  tx.note_revocation();
  return tx.run(kDisable, id.str(), now).affected() > 0;
}

constexpr Statement kBumpTokenVersion{"service_bump_token_version", R"sql(
  UPDATE services SET token_version = token_version + 1 WHERE client_id = $1 RETURNING token_version)sql"};

std::optional<std::int64_t> bump_token_version(Tx& tx, const ServiceId& id) {
  tx.note_revocation();
  const auto rows = tx.run(kBumpTokenVersion, id.str());
  if (rows.empty()) return std::nullopt;
  return rows.front().integer("token_version");
}

constexpr Statement kAddSecret{"service_secret_insert", R"sql(
  INSERT INTO service_secrets (client_id, secret_hash, created_at) VALUES ($1, $2, $3))sql"};

void add_secret(Tx& tx, const ServiceId& id, std::string_view secret_hash, Time now) {
  tx.run(kAddSecret, id.str(), Bytes{secret_hash}, now);
}

constexpr Statement kExpireSecrets{"service_secret_expire", R"sql(
  UPDATE service_secrets SET expires_at = $2
   WHERE client_id = $1 AND (expires_at IS NULL OR expires_at > $2))sql"};

std::int64_t expire_secrets(Tx& tx, const ServiceId& id, Time at) {
  tx.note_revocation();
  return tx.run(kExpireSecrets, id.str(), at).affected();
}

constexpr Statement kDeleteExpiredSecrets{"service_secret_delete_expired", R"sql(
  SELECT service_secrets_delete_expired($1, $2) AS count)sql"};

std::int64_t delete_expired_secrets(Connection& db, Time now, int limit) {
  return db.execute(kDeleteExpiredSecrets, now, limit).front().integer("count");
}

constexpr Statement kMarkUsed{"service_mark_used", R"sql(
  UPDATE services SET first_used_at = $2 WHERE client_id = $1 AND first_used_at IS NULL)sql"};

void mark_used(Connection& db, const ServiceId& id, Time now) { db.execute(kMarkUsed, id.str(), now); }

constexpr Statement kDeleteUnused{"service_delete_unused", R"sql(
  SELECT services_delete_unused($1, $2) AS count)sql"};

std::int64_t delete_unused(Connection& db, Time registered_before, int limit) {
  return db.execute(kDeleteUnused, registered_before, limit).front().integer("count");
}

constexpr Statement kList{"service_list", R"sql(
  SELECT s.client_id, s.service_name, s.description, s.token_version, s.created_at, s.disabled_at,
         coalesce((SELECT string_agg(g.scope_name, ' ' ORDER BY g.scope_name COLLATE "C")
                     FROM service_scopes g WHERE g.client_id = s.client_id), '') AS scopes
    FROM services s WHERE s.client_id > $1 ORDER BY s.client_id LIMIT $2)sql"};

std::vector<ServiceWithScopes> list(Connection& db, std::string_view after, int limit) {
  std::vector<ServiceWithScopes> services;
  for (const Row& row : db.read(kList, after, limit)) {
    services.push_back({to_row(row), words_of(row.text("scopes"))});
  }
  return services;
}

constexpr Statement kExists{"service_exists", R"sql(
  SELECT EXISTS (SELECT 1 FROM services WHERE client_id = $1) AS found)sql"};

bool exists(Connection& db, const ServiceId& id) {
  return db.read(kExists, id.str()).front().boolean("found");
}

constexpr Statement kHasScope{"service_scope_exists", R"sql(
  SELECT EXISTS (SELECT 1 FROM services s JOIN service_scopes g ON g.client_id = s.client_id
                  WHERE s.client_id = $1 AND g.scope_name = $2 AND s.disabled_at IS NULL) AS found)sql"};

bool has_scope(Connection& db, const ServiceId& id, std::string_view scope) {
  return db.read(kHasScope, id.str(), scope).front().boolean("found");
}
bool has_scope(Tx& tx, const ServiceId& id, std::string_view scope) {
  return tx.run(kHasScope, id.str(), scope).front().boolean("found");
}

constexpr Statement kListScopes{"service_scope_list", R"sql(
  SELECT scope_name FROM service_scopes WHERE client_id = $1 ORDER BY scope_name COLLATE "C")sql"};

std::vector<std::string> scopes(Connection& db, const ServiceId& id) {
  std::vector<std::string> names;
  for (const Row& row : db.read(kListScopes, id.str())) names.push_back(row.text("scope_name"));
  return names;
}

}  // namespace gatehouse::db::services
