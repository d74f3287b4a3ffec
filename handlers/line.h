// POST /line/webhook: what LINE tells of chats with the bot (seed 001).
#pragma once

#include "fcgi/request.h"
#include "fcgi/response.h"
#include "handlers/wiring.h"

namespace gatehouse::handlers::line {

fcgi::Response webhook(const fcgi::Request& request, Services& services);

}  // namespace gatehouse::handlers::line
