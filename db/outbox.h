// Messages to other people's servers, between the request that they come from and the keeper that sends them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "db/connection.h"

namespace gatehouse::db::outbox {

struct Message {
  std::string id;
  std::string kind;    // which endpoint
  std::string sealed;  // the body
  Time created_at;
  Time deadline;  // of no use to anybody afterwards
  int attempts = 0;
};

void insert(Connection& db, const Message& message);
void insert(Tx& tx, const Message& message);

// Those of these kinds that are due, for this caller alone until `again_at`: an attempt each.
std::vector<Message> take_due(Connection& db, const std::vector<std::string>& kinds, Time now, Time again_at,
                              int limit);
// Sent, or given up.
void remove(Connection& db, std::string_view id);
void postpone(Connection& db, std::string_view id, Time due_at);
// Those whose deadline has passed; how many went.
std::int64_t delete_expired(Connection& db, Time before, int limit);

}  // namespace gatehouse::db::outbox
