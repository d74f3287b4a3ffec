// GET /v1/internal/audit: who changed what, of all tenants, for the installation's administrators.
#pragma once

#include "fcgi/request.h"
#include "fcgi/response.h"
#include "handlers/wiring.h"

namespace gatehouse::handlers::audit {

fcgi::Response list(const fcgi::Request& request, Services& services);

}  // namespace gatehouse::handlers::audit
