// The standard twins: RFC 6749 section 4.4, RFC 7662, RFC 7009, and what RFC 8414 and RFC 7517 publish about
// them.
#pragma once

#include "fcgi/request.h"
#include "fcgi/response.h"
#include "handlers/wiring.h"

namespace gatehouse::handlers::oauth {

fcgi::Response token(const fcgi::Request& request, Services& services);
fcgi::Response introspect(const fcgi::Request& request, Services& services);
fcgi::Response revoke(const fcgi::Request& request, Services& services);
fcgi::Response metadata(const fcgi::Request& request, Services& services);
fcgi::Response jwks(const fcgi::Request& request, Services& services);

}  // namespace gatehouse::handlers::oauth
