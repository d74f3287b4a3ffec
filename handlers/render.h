// The bodies of errors, in the shape that the family of the path promises, and `base` of the token API.
#pragma once

#include "base/error.h"
#include "base/json.h"
#include "fcgi/request.h"
#include "fcgi/response.h"

namespace gatehouse::handlers {

// `{"error", "message"}`; under /token/ with `base` besides; under /oauth/ as RFC 6749 section 5.2 says.
fcgi::Response render_error(const Error& error, const fcgi::Request& request);

// Seed 004's common.BaseResp of a success.
json::Object base_success();

}  // namespace gatehouse::handlers
