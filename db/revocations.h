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

// What has been committed that a snapshot (PostgreSQL's pg_snapshot, as text) does not have; where there is
// more than `limit`, so many of it, in no order. `seen` is the snapshot that has it all, for the next time:
// whoever goes on from there misses no transaction, however late it commits. `source` stands for this server,
// its timeline, the database, the table and the mark, within which numbers of transactions are given once.
// All is empty where the mark is missing, as after a crash. `at`: PostgreSQL's clock.
struct Changes {
  std::string source;
  std::string seen;
  Time at;
  std::vector<Revocation> revocations;
};
Changes changes(Connection& db, const std::string& seen, int limit);

// Leaves a mark, which a crash of the server takes away, where there is none.
void mark(Connection& db);

// The snapshot that has every transaction below this number and no other.
std::string seen_before(std::uint64_t number);
// The number below which a snapshot has every transaction.
std::uint64_t oldest_open(const std::string& seen);

// Those whose keys come after `key`, in their order, also what has expired.
std::vector<Revocation> list_after(Connection& db, std::string_view key, int limit);

// Whether the key is revoked at `now` for the token with this version and jti: for a transaction that must be
// sure. Who checks a token asks flows/revocations.h.
bool is_revoked(Tx& tx, std::string_view key, std::int64_t version, Time now, std::string_view token_id);

std::int64_t delete_expired(Connection& db, Time now, int limit);

}  // namespace gatehouse::db::revocations
