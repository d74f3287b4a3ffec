// The access log: what services asked for, one row a request, in partitions of a week; and its sums by minute
// and by hour, from which statistics are read. Rows are only ever added; weeks go as whole partitions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "db/connection.h"

namespace gatehouse::db::access_log {

struct Entry {
  std::string client_id;
  std::string endpoint;  // the path, without the query
  std::string method;
  int status_code = 0;
  std::int64_t response_time_ms = 0;
  std::string ip_address;
  std::string user_agent;
  Time created_at;
};

// All of them and their part in the sums, or nothing: one statement, however many.
void insert(Connection& db, std::span<const Entry> entries);

struct Row : Entry {
  std::int64_t id = 0;  // grows with time
};

struct Page {
  std::optional<std::int64_t> before_id;  // as fast on the last page as on the first
  int limit = 0;
  int offset = 0;  // costs as much as what it skips
};
// The newest first.
std::vector<Row> list(Connection& db, const ServiceId& client, const Page& page);

struct Sums {
  std::int64_t requests = 0;
  std::int64_t errors = 0;  // statuses of 400 and above
  std::int64_t milliseconds = 0;
};
// The minutes from `from` to `hours_from`, and the hours from there on. Both are the start of what they name.
Sums sum(Connection& db, const ServiceId& client, Time from, Time hours_from);

enum class Grain { minute, hour };
std::int64_t delete_sums(Connection& db, Grain grain, Time before, int limit);

// Makes the partitions of the week of `now` and of `weeks` more; the count of those made. Harmless when
// repeated.
std::int64_t make_partitions(Connection& db, Time now, int weeks);
// Drops the oldest week that ended by `before`, but never the last day; false: there is no more. Throws
// Error(unavailable) rather than wait for who reads it.
bool drop_partition(Connection& db, Time before);

}  // namespace gatehouse::db::access_log
