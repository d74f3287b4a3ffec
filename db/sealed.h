// All that is sealed in the database: one table of (table, column), which re-sealing and counting walk; and
// which bytes a key's id stands for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "db/connection.h"

namespace gatehouse::db::sealed {

struct Column {
  std::string_view table;
  std::string_view column;
  Statement count;   // by key id
  Statement batch;   // of those after $1 that are not under the key $2
  Statement update;  // only where it is still what it was
};
std::vector<Column> columns();

struct Use {
  std::string key_id;
  std::int64_t count = 0;
};
std::vector<Use> uses(Connection& db, const Column& column);

struct Value {
  std::string row_id;
  std::string place;  // what it was sealed for
  std::string sealed;
};
std::vector<Value> not_under(Connection& db, const Column& column, std::string_view after,
                             std::string_view key_id, int limit);
bool replace(Connection& db, const Column& column, const Value& before, std::string_view sealed);

std::optional<std::string> find_fingerprint(Connection& db, std::string_view key_id);
void add_fingerprint(Connection& db, std::string_view key_id, std::string_view fingerprint, Time now);

}  // namespace gatehouse::db::sealed
