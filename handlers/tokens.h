// The token API (seed 004): generate, refresh, verify, revoke. Every answer has `base`.
#pragma once

#include "fcgi/request.h"
#include "fcgi/response.h"
#include "handlers/wiring.h"

namespace gatehouse::handlers::tokens {

fcgi::Response generate(const fcgi::Request& request, Services& services);
fcgi::Response refresh(const fcgi::Request& request, Services& services);
fcgi::Response verify(const fcgi::Request& request, Services& services);
fcgi::Response revoke(const fcgi::Request& request, Services& services);

}  // namespace gatehouse::handlers::tokens
