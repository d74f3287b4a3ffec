// What is remembered of LINE: events that were taken already, and languages that people asked for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "db/connection.h"

namespace gatehouse::db::line {

// Those of them that nobody has taken before; they are taken now.
std::vector<std::string> take_events(Connection& db, const std::vector<std::string>& event_ids, Time now);
std::int64_t delete_events(Connection& db, Time seen_before, int limit);

std::optional<std::string> language(Connection& db, std::string_view line_user_id);
// True where that is a change.
bool set_language(Tx& tx, std::string_view line_user_id, std::string_view language);

}  // namespace gatehouse::db::line
