#include "db/dev_tokens.h"

#include "base/json.h"

namespace gatehouse::db::dev_tokens {

namespace {

TokenRow to_row(const Row& row) {
  return {DevTokenId::trusted(row.text("token_id")),
          TenantId::trusted(row.text("tenant_id")),
          row.text("note"),
          row.text("created_by"),
          row.time("created_at"),
          row.nullable(&Row::time, "expires_at"),
          row.nullable(&Row::time, "last_used"),
          row.nullable(&Row::time, "revoked_at")};
}

}  // namespace

constexpr Statement kInsert{"dev_token_insert", R"sql(
  INSERT INTO dev_tokens (tenant_id, token_id, token_hash, sealed, note, created_by, created_at, expires_at,
                          last_used, revoked_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10))sql"};

void insert(Tx& tx, const NewToken& token) {
  tx.as_tenant(token.tenant);
  tx.run(kInsert, token.tenant.str(), token.id.str(), Bytes{token.hash},
         token.sealed ? Arg(Bytes{*token.sealed}) : Arg(std::nullopt), token.note, token.created_by,
         token.created_at, token.expires_at, token.last_used, token.revoked_at);
}

constexpr Statement kFindByHash{"dev_token_find_by_hash", R"sql(
  SELECT tenant_id, token_id, created_at, expires_at FROM dev_token_owner($1, $2))sql"};

std::optional<Owner> find_by_hash(Connection& db, std::string_view hash, Time now) {
  const auto rows = db.read(kFindByHash, Bytes{hash}, now);
  if (rows.empty()) return std::nullopt;
  const Row row = rows.front();
  return Owner{TenantId::trusted(row.text("tenant_id")), DevTokenId::trusted(row.text("token_id")),
               row.time("created_at"), row.nullable(&Row::time, "expires_at")};
}

constexpr Statement kFindTenant{"dev_token_find_tenant", R"sql(
  SELECT tenant_id FROM dev_token_tenant($1))sql"};

std::optional<TenantId> find_tenant(Connection& db, const DevTokenId& id) {
  const auto rows = db.read(kFindTenant, id.str());
  if (rows.empty()) return std::nullopt;
  return TenantId::trusted(rows.front().text("tenant_id"));
}

constexpr Statement kFind{"dev_token_find", R"sql(
  SELECT tenant_id, token_id, token_hash, sealed, note, created_by, created_at, expires_at, last_used, revoked_at
    FROM dev_tokens WHERE tenant_id = $1 AND token_id = $2)sql"};

std::optional<TokenWithCopy> find(Tx& tx, const TenantId& tenant, const DevTokenId& id) {
  tx.as_tenant(tenant);
  const auto rows = tx.run(kFind, tenant.str(), id.str());
  if (rows.empty()) return std::nullopt;
  const Row row = rows.front();
  return TokenWithCopy{to_row(row), row.bytes("token_hash"), row.nullable(&Row::bytes, "sealed")};
}

constexpr Statement kRevoke{"dev_token_revoke", R"sql(
  UPDATE dev_tokens SET revoked_at = $3 WHERE tenant_id = $1 AND token_id = $2 AND revoked_at IS NULL)sql"};

bool revoke(Tx& tx, const TenantId& tenant, const DevTokenId& id, Time now) {
  tx.note_revocation();
  tx.as_tenant(tenant);
  return tx.run(kRevoke, tenant.str(), id.str(), now).affected() > 0;
}

constexpr Statement kList{"dev_token_list", R"sql(
  SELECT tenant_id, token_id, note, created_by, created_at, expires_at, last_used, revoked_at
    FROM dev_tokens_list($1, $2, $3, $4) ORDER BY created_at, token_id)sql"};

std::vector<TokenRow> list(Connection& db, const std::optional<TenantId>& tenant, const Position& after,
                           int limit) {
  std::vector<TokenRow> tokens;
  for (const Row& row :
       db.read(kList, tenant ? tenant->str() : std::string(), after.created_at, after.id, limit))
    tokens.push_back(to_row(row));
  return tokens;
}

constexpr Statement kNewest{"dev_token_newest", R"sql(
  SELECT tenant_id, token_id, note, created_by, created_at, expires_at, last_used, revoked_at
    FROM dev_tokens_newest($1) ORDER BY created_at DESC, token_id DESC)sql"};

std::vector<TokenRow> newest(Connection& db, int limit) {
  std::vector<TokenRow> tokens;
  for (const Row& row : db.read(kNewest, limit)) tokens.push_back(to_row(row));
  return tokens;
}

constexpr Statement kCount{"dev_token_count", R"sql(
  SELECT dev_tokens_count($1) AS count)sql"};

std::int64_t count(Connection& db, int limit) { return db.read(kCount, limit).front().integer("count"); }

constexpr Statement kForgetCopies{"dev_token_forget_copies", R"sql(
  SELECT dev_tokens_forget_copies($1) AS count)sql"};

std::int64_t forget_copies(Connection& db, int limit) {
  return db.execute(kForgetCopies, limit).front().integer("count");
}

constexpr Statement kDeleteOfTenant{"dev_token_delete_of_tenant", R"sql(
  SELECT dev_tokens_delete_of_tenant($1, $2) AS count)sql"};

std::int64_t delete_of_tenant(Connection& db, const TenantId& tenant, int limit) {
  return db.execute(kDeleteOfTenant, tenant.str(), limit).front().integer("count");
}

constexpr Statement kNoteUses{"dev_token_note_uses", R"sql(
  SELECT dev_tokens_used($1::json) AS count)sql"};

void note_uses(Connection& db, std::span<const Use> uses) {
  json::Array rows;
  for (const Use& use : uses) {
    rows.add(json::Object()
                 .add("id", use.id)
                 .add("at", static_cast<std::int64_t>(use.at.time_since_epoch().count())));
  }
  db.execute(kNoteUses, rows.str());
}

}  // namespace gatehouse::db::dev_tokens
