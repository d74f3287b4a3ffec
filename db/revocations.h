// What is revoked: `token:<jti>`, `family:<id>`, `client:<id>`, `subject:<id>`, …, each up to a version, from
// a time on. A row lives as long as the longest-lived token that it ends.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

// What transactions from number `since` on have written and committed; where there is more than `limit`, so
// many of them, in no order. `next` is where to go on: the oldest that was still under way. `source` names
// this server and its timeline, within which numbers are given once.
struct Changes {
  std::string source;
  std::uint64_t next = 0;
  std::vector<Revocation> revocations;
};
Changes changes(Connection& db, std::uint64_t since, int limit);

// Those whose keys come after `key`, in their order, without what has expired.
std::vector<Revocation> list_after(Connection& db, std::string_view key, Time now, int limit);

// Whether the key is revoked at `now` for the token with this version and jti: for a transaction that must be
// sure. Who checks a token asks flows/revocations.h.
bool is_revoked(Tx& tx, std::string_view key, std::int64_t version, Time now, std::string_view token_id);

std::int64_t delete_expired(Connection& db, Time now, int limit);

}  // namespace gatehouse::db::revocations
