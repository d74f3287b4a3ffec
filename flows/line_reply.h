// A reply to a chat, as LINE takes it from the outbox: POST /v2/bot/message/reply.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/secret.h"
#include "outbound/https.h"

namespace gatehouse::flows {

// Its kind in the outbox, and how long it is of use there: a reply token is good for about a minute.
inline constexpr const char* kLineReplyKind = "line_reply";
inline constexpr Seconds kLineReplyLives{50};

std::string line_reply(std::string_view reply_token, std::string_view text);

// `origin`: LINE_API_URL; `access`: LINE_CHANNEL_ACCESS_TOKEN.
outbound::Call line_reply_call(const std::string& origin, const Secret& access, const std::string& body);

}  // namespace gatehouse::flows
