// What nginx asks before it lets a request through to somebody else's program
// (nginx/snippets/require-token.conf).
#pragma once

#include <string_view>

#include "fcgi/request.h"
#include "fcgi/response.h"
#include "handlers/wiring.h"

namespace gatehouse::handlers::gate {

// auth_request knows three answers, and takes every other one for a 500.
inline constexpr std::string_view kPath = "/.gate/token";

fcgi::Response ask(const fcgi::Request& request, Services& services);

// For render: anything but a yes or no is a 403 that says so, which the snippet turns into a 503.
fcgi::Response unavailable();
bool is_unavailable(const fcgi::Response& response);

}  // namespace gatehouse::handlers::gate
