// The audit log: who did what to whom. Rows are only ever added; months go as whole partitions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "db/connection.h"

namespace gatehouse::db::audit {

struct Entry {
  TenantId tenant;
  Time at;
  std::string actor;   // svc_…, cli:<system user>, …
  std::string action;  // service.created
  std::string target;  // the id of what it was done to
  std::string client_address;
  std::string request_id;
  std::string detail = "{}";  // a JSON object; no secret
};

// Part of the caller's transaction, which it binds to the entry's tenant: what is rolled back has not
// happened.
void record(Tx& tx, const Entry& entry);

struct Row : Entry {
  std::string id;  // grows with time
};

// What is not set is no condition.
struct Filter {
  std::optional<std::string> before_id;
  std::optional<std::string> actor;
  std::optional<std::string> action;
  std::optional<std::string> target;
  std::optional<Time> since;
  std::optional<Time> until;  // exclusive
};
// The newest first, of all tenants: for the installation's own administrators only.
std::vector<Row> list(Connection& db, const Filter& filter, int limit);

// Makes the partitions of the month of `now` and of `months` more; the count of those made. Harmless when
// repeated.
std::int64_t make_partitions(Connection& db, Time now, int months);
// Drops the months that ended by `before`, but never the last 30 days: a worker that has been taken over must
// not be able to wipe its traces.
std::int64_t drop_partitions(Connection& db, Time before);

}  // namespace gatehouse::db::audit
