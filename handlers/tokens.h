// The token API (seed 004): generate, refresh, verify, revoke. Every answer has `base`.
#pragma once

#include "fcgi/request.h"
#include "fcgi/response.h"
#include "flows/token_pair.h"
#include "handlers/wiring.h"

namespace gatehouse::handlers::tokens {

fcgi::Response generate(const fcgi::Request& request, Services& services);
fcgi::Response refresh(const fcgi::Request& request, Services& services);
fcgi::Response verify(const fcgi::Request& request, Services& services);
fcgi::Response revoke(const fcgi::Request& request, Services& services);

// The answer with a pair in it.
fcgi::Response pair_answer(const flows::TokenPair& pair);

}  // namespace gatehouse::handlers::tokens
