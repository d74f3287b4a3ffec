// POST /token (seed 003): Coze's access token for a key id.
#pragma once

#include "fcgi/request.h"
#include "fcgi/response.h"
#include "handlers/wiring.h"

namespace gatehouse::handlers::coze {

fcgi::Response exchange(const fcgi::Request& request, Services& services);

}  // namespace gatehouse::handlers::coze
