// Coze's answers (seed 003), sealed, and the lease of whoever asks under a key now, which is a row of the
// same table under another id. Each function is one statement: nothing is held while Coze is asked.
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
  bool leased;                        // somebody is asking under this key
};
Row find(Connection& db, std::string_view answer_id, std::string_view key_id, Time now);

// Whether this caller may ask now: nobody else does, or did not end in its time.
bool take_lease(Connection& db, std::string_view key_id, std::string_view lease, Time now, Time until);
void end_lease(Connection& db, std::string_view key_id, std::string_view lease, Time now);

struct Lease {
  std::string key_id;
  std::string lease;
};
// Where the lease is still this one; ends it.
void store(Connection& db, const Lease& held, std::string_view answer_id, std::string_view sealed,
           std::optional<Time> good_until, Time now);

// Those that are of no use since then; how many went.
std::int64_t delete_expired(Connection& db, Time before, int limit);

}  // namespace gatehouse::db::coze_answers
