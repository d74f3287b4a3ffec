// The keys that tokens are signed with, their private halves sealed. Each goes through three phases:
// announced (in the JWKS), signing from `signs_from` on, and checking only until `verify_until`. The workers'
// role reads them; administration, as the owner, writes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "db/connection.h"

namespace gatehouse::db::signing_keys {

struct KeyRow {
  std::string kid;
  std::string alg;
  std::string private_sealed;
  std::string public_jwk;
  Time announced_at;
  Time signs_from;
  std::optional<Time> verify_until;  // nullopt: not retired
};

// Those that may still check at `now`; the newest signs_from first.
std::vector<KeyRow> list(Connection& db, Time now);
std::vector<KeyRow> list(Tx& tx, Time now);

// Makes others who change the keys wait for the end of the transaction.
void lock(Tx& tx);
void insert(Tx& tx, const KeyRow& key);
// Only one that has not signed yet.
void remove_announced(Tx& tx, std::string_view kid, Time now);
// When it ends (nullopt: it goes on); an end that was set before gives way. True where that is a change.
bool retire(Tx& tx, std::string_view kid, std::optional<Time> verify_until);

}  // namespace gatehouse::db::signing_keys
