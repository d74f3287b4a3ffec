// What an administrator writes to the LINE bot (seed 001), and what it answers.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "db/connection.h"
#include "flows/dev_tokens.h"
#include "flows/line_texts.h"

namespace gatehouse::flows {

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
