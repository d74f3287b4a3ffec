// What is revoked: `token:<jti>`, `family:<id>`, `client:<id>`, `subject:<id>`, …, each up to a version, from
// a time on. A row lives as long as the longest-lived token that it ends.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "db/connection.h"

namespace gatehouse::db::revocations {

// Tokens of `key` with a version below `min_version` are revoked from `effective_at` on.
struct Revocation {
  std::string key;
  std::int64_t min_version = 1;  // version 0 (token:, family:) is below
  Time effective_at;
  Time expires_at;
  std::optional<std::string> spares = {};  // the jti of the one token that this does not end
};

// Where the key is there already, the greater min_version, the earlier effective_at and the later expires_at
// stand: a second revocation may end more than it says, never less. The token that an earlier one spared is
// ended by a later one that does not spare it. False where the key was there.
bool revoke(Tx& tx, const Revocation& revocation);

struct Check {
  std::string key;
  std::int64_t version = 0;
};

// Whether any of up to five keys is revoked at `now` for the token with this jti; one statement.
bool is_revoked(Connection& db, std::span<const Check> keys, Time now, std::string_view token_id = {});
bool is_revoked(Tx& tx, std::span<const Check> keys, Time now, std::string_view token_id = {});

std::int64_t delete_expired(Connection& db, Time now, int limit);

}  // namespace gatehouse::db::revocations
