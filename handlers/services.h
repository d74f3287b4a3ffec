// Service clients (seed 002): registration, authentication with a JSON body, validation of a service JWT.
#pragma once

#include "fcgi/request.h"
#include "fcgi/response.h"
#include "handlers/wiring.h"

namespace gatehouse::handlers::services {

fcgi::Response enroll(const fcgi::Request& request, Services& services);
fcgi::Response sign_in(const fcgi::Request& request, Services& services);
fcgi::Response validate_token(const fcgi::Request& request, Services& services);

}  // namespace gatehouse::handlers::services
