// Users signing up, in and out (seed 002), and changing their password.
#pragma once

#include "fcgi/request.h"
#include "fcgi/response.h"
#include "handlers/wiring.h"

namespace gatehouse::handlers::auth {

fcgi::Response enroll(const fcgi::Request& request, Services& services);
fcgi::Response sign_in(const fcgi::Request& request, Services& services);
fcgi::Response sign_out(const fcgi::Request& request, Services& services);
fcgi::Response change_password(const fcgi::Request& request, Services& services);

}  // namespace gatehouse::handlers::auth
