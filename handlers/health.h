// GET /health: whether requests that need the database can be served.
#pragma once

#include "fcgi/request.h"
#include "fcgi/response.h"
#include "handlers/wiring.h"

namespace gatehouse::handlers::health {

fcgi::Response show(const fcgi::Request& request, Services& services);

}  // namespace gatehouse::handlers::health
