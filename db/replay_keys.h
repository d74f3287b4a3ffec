// Keys under which what a retry of a refresh gets is sealed: one for each epoch, deleted some time after it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "db/connection.h"

namespace gatehouse::db::replay_keys {

// Bytes; nullopt where there is none, or none any more.
std::optional<std::string> find(Connection& db, std::int64_t epoch);

// Keeps what is there already.
void insert(Connection& db, std::int64_t epoch, std::string_view key, Time expires_at);

// How many went.
std::int64_t delete_expired(Connection& db, Time before);

}  // namespace gatehouse::db::replay_keys
