// Coze's answers (seed 003), sealed, and the lease of whoever asks for one now. Each function is one
// statement: nothing is held while Coze is asked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "db/connection.h"

namespace gatehouse::db::coze_answers {

struct Row {
  std::optional<std::string> sealed;  // the last answer, good or bad
  std::optional<Time> good_until;     // nullopt: it was none that may be used again
  std::int64_t calls;                 // how many have ended
  bool leased;                        // somebody is asking
};
std::optional<Row> find(Connection& db, std::string_view answer_id, Time now);

// Whether this caller may ask now: nobody else does, or did not end in its time.
bool take_lease(Connection& db, std::string_view answer_id, std::string_view lease, Time now, Time until);

// Where the lease is still this one; ends it.
void store(Connection& db, std::string_view answer_id, std::string_view lease, std::string_view sealed,
           std::optional<Time> good_until, Time now);

// Those that are of no use since then; how many went.
std::int64_t delete_expired(Connection& db, Time before, int limit);

}  // namespace gatehouse::db::coze_answers
