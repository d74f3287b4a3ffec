// /api/internal (seed 002): what services may do to the installation's tenants, users and tokens, by their
// scopes.
#pragma once

#include "fcgi/request.h"
#include "fcgi/response.h"
#include "handlers/wiring.h"

namespace gatehouse::handlers::internal {

fcgi::Response list_users(const fcgi::Request& request, Services& services);
fcgi::Response create_user(const fcgi::Request& request, Services& services);
fcgi::Response delete_user(const fcgi::Request& request, Services& services);
fcgi::Response list_tenants(const fcgi::Request& request, Services& services);
fcgi::Response delete_tenant(const fcgi::Request& request, Services& services);
fcgi::Response issue_token(const fcgi::Request& request, Services& services);

}  // namespace gatehouse::handlers::internal
