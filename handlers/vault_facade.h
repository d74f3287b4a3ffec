// POST /api/oauth2/v3/token: shaped like Tesla's own token endpoint, for programs that know only that one.
#pragma once

#include "fcgi/request.h"
#include "fcgi/response.h"
#include "handlers/wiring.h"

namespace gatehouse::handlers::vault {

fcgi::Response facade(const fcgi::Request& request, Services& services);

}  // namespace gatehouse::handlers::vault
