// What an administrator writes to the LINE bot (seed 001), and what it answers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "db/connection.h"
#include "flows/dev_tokens.h"
#include "flows/line_texts.h"

namespace gatehouse::flows {

// Events are remembered by their ids for so long, because LINE delivers some of them twice.
inline constexpr Seconds kLineEventsKept{7L * 86400};
// Whether it cannot come for a second time unnoticed. One that is older than ids are kept (less an hour, for
// clocks differ) may have been handled and forgotten: somebody sends an old body with its old signature
// again.
bool is_recent_event(std::int64_t happened_at_ms, Time now);

struct LineMessage {
  std::string user_id;  // who wrote
  std::string text;
  bool is_private = false;  // nobody else reads the answer: only then it may have a secret in it
};

// What the user asked for; else what the profile says of the user of this id, where the installation's own
// tenant has one; else Japanese.
Language language_of(db::Connection& db, const std::string& line_user_id);

// The answer; nullopt where the text is no command of ours, so that the bot keeps quiet.
std::optional<std::string> line_command(db::Connection& db, const Reveal& reveal, const LineMessage& message,
                                        const Actor& actor, Time now);

}  // namespace gatehouse::flows
