// Tenants (seed 002): created by anybody, shown to anybody, their keys rotated by the holder of the secret
// one.
#pragma once

#include "fcgi/request.h"
#include "fcgi/response.h"
#include "handlers/wiring.h"

namespace gatehouse::handlers::tenants {

fcgi::Response create(const fcgi::Request& request, Services& services);
fcgi::Response show(const fcgi::Request& request, Services& services);
fcgi::Response rotate_key(const fcgi::Request& request, Services& services);

}  // namespace gatehouse::handlers::tenants
