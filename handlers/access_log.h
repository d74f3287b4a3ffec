// Each request made with a valid service JWT becomes a row of the access log, whatever its answer.
#pragma once

#include <chrono>

#include "fcgi/request.h"
#include "fcgi/response.h"
#include "fcgi/route.h"
#include "handlers/wiring.h"

namespace gatehouse::handlers {

// For fcgi::App::observe.
void observe(const fcgi::Request& request, const fcgi::Route<Services>* row, fcgi::Response& response,
             std::chrono::microseconds took, Services& services);

}  // namespace gatehouse::handlers
