// Satisfies a route's row: finds out who calls, by the kinds of credential that the row takes, and holds them
// against its scope. Fails closed.
#pragma once

#include <optional>
#include <string_view>

#include "fcgi/request.h"
#include "fcgi/route.h"
#include "handlers/wiring.h"

namespace gatehouse::handlers {

// Fills request.caller. Throws Error(invalid_client) or Error(invalid_token) where the credential is missing
// or bad, Error(insufficient_scope) where it is good and not enough.
void authenticate(fcgi::Request& request, const fcgi::Route<Services>& route, Services& services);

// What the Authorization header presents as Bearer, a view into it; nullopt where it presents nothing so.
std::optional<std::string_view> bearer_credential(const fcgi::Request& request);

}  // namespace gatehouse::handlers
