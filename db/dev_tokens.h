// Developer tokens (seed 001). The token itself is here as a SHA-256 digest, and as a sealed copy where
// DEVTOKEN_REVEAL keeps one.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "db/connection.h"

namespace gatehouse::db::dev_tokens {

struct TokenRow {
  DevTokenId id;
  TenantId tenant;
  std::string note;
  std::string created_by;
  Time created_at;
  std::optional<Time> expires_at;
  std::optional<Time> last_used;
  std::optional<Time> revoked_at;
};

struct NewToken : TokenRow {
  std::string hash;                   // 32 bytes
  std::optional<std::string> sealed;  // the copy
};
// Error(conflict) where the id or the token is there already.
void insert(Tx& tx, const NewToken& token);

struct Owner {
  TenantId tenant;
  DevTokenId id;
  Time created_at;
  std::optional<Time> expires_at;
};
// Whose token this is, where it lives at `now`.
std::optional<Owner> find_by_hash(Connection& db, std::string_view hash, Time now);

// The tenant of the token of this id: administrators name a token by its id alone.
std::optional<TenantId> find_tenant(Connection& db, const DevTokenId& id);

struct TokenWithCopy : TokenRow {
  std::string hash;
  std::optional<std::string> sealed;
};
std::optional<TokenWithCopy> find(Tx& tx, const TenantId& tenant, const DevTokenId& id);

// True where that is a change.
bool revoke(Tx& tx, const TenantId& tenant, const DevTokenId& id, Time now);

// Where a list goes on: after the last one seen.
struct Position {
  Time created_at = from_unix_seconds(0);
  std::string id;
};
// In the order in which they were made; without a tenant those of all.
std::vector<TokenRow> list(Connection& db, const std::optional<TenantId>& tenant, const Position& after,
                           int limit);
// Of all tenants, the newest first.
std::vector<TokenRow> newest(Connection& db, int limit);
// How many there are, counted up to `limit`.
std::int64_t count(Connection& db, int limit);

// Takes sealed copies away, so many at most, with a line in the audit log where any went; how many.
std::int64_t forget_copies(Connection& db, int limit);

// Of a tenant that has ended, so many at most; how many.
std::int64_t delete_of_tenant(Connection& db, const TenantId& tenant, int limit);

struct Use {
  std::string id;
  Time at;
};
// A later time that is there already stays.
void note_uses(Connection& db, std::span<const Use> uses);

}  // namespace gatehouse::db::dev_tokens
