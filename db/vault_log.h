// Who did what with a record of the vault, and how it ended. Rows are only added, and deleted when their time
// is over.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "db/connection.h"

namespace gatehouse::db::vault_log {

struct Entry {
  std::string user_id;
  Time at;
  std::string action;   // save, read, validate, refresh, delete
  std::string outcome;  // ok, or what hindered it
  std::string actor;
  std::string client_address;
  std::string request_id;
};

void add(Tx& tx, const Entry& entry);
// All of them in one statement.
void insert(Connection& db, std::span<const Entry> entries);

struct Row : Entry {
  std::int64_t id = 0;  // grows
};
// The newest first.
std::vector<Row> list(Connection& db, std::string_view user_id, std::optional<std::int64_t> before_id,
                      int limit);
std::int64_t delete_old(Connection& db, Time before, int limit);

}  // namespace gatehouse::db::vault_log
