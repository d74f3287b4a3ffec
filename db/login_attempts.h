// How often a password was tried, by account and address, and by address over all accounts of a tenant.
// Counting and the limit are one statement, so that no number of workers lets one attempt too many through.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "db/connection.h"

namespace gatehouse::db::login_attempts {

struct Attempt {
  TenantId tenant;
  std::string account;  // a digest
  std::string address;
  Time at;
};

struct Limits {
  int per_account;
  int per_address;
  Seconds window;
};

// Counts it, and nullopt; or counts nothing, and when to come again.
std::optional<Time> take(Connection& db, const Attempt& attempt, const Limits& limits);
// What was taken was no failure.
void give_back(Connection& db, const Attempt& attempt);

// Windows that began by `started_before`.
// All that count for the tenant.
std::int64_t delete_some(Tx& tx, const TenantId& tenant, int limit);
std::int64_t delete_expired(Connection& db, Time started_before, int limit);

}  // namespace gatehouse::db::login_attempts
