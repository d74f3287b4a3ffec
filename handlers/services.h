// Service clients (seed 002): registration, authentication with a JSON body, validation of a service JWT,
// scopes, the list, access logs, statistics, cleaning.
#pragma once

#include "fcgi/request.h"
#include "fcgi/response.h"
#include "handlers/wiring.h"

namespace gatehouse::handlers::services {

fcgi::Response enroll(const fcgi::Request& request, Services& services);
fcgi::Response sign_in(const fcgi::Request& request, Services& services);
fcgi::Response validate_token(const fcgi::Request& request, Services& services);
fcgi::Response grant_scope(const fcgi::Request& request, Services& services);
fcgi::Response revoke_scope(const fcgi::Request& request, Services& services);
fcgi::Response check_permission(const fcgi::Request& request, Services& services);
fcgi::Response list(const fcgi::Request& request, Services& services);
fcgi::Response logs(const fcgi::Request& request, Services& services);
fcgi::Response statistics(const fcgi::Request& request, Services& services);
fcgi::Response clean_up(const fcgi::Request& request, Services& services);

// GET /api/internal/admin/services: the same list with what administrators want to know besides.
fcgi::Response list_for_admins(const fcgi::Request& request, Services& services);

}  // namespace gatehouse::handlers::services
