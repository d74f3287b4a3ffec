// Developer tokens (seed 001): what they open (users of their tenant), and how administrators make, see and
// revoke them.
#pragma once

#include "base/json.h"
#include "db/dev_tokens.h"
#include "fcgi/request.h"
#include "fcgi/response.h"
#include "handlers/wiring.h"

namespace gatehouse::handlers::devtokens {

// A token as administrators see it, here and on the command line; never its text.
json::Object described(const db::dev_tokens::TokenRow& token, Time now);

fcgi::Response show_user(const fcgi::Request& request, Services& services);
fcgi::Response list_users(const fcgi::Request& request, Services& services);

fcgi::Response create(const fcgi::Request& request, Services& services);
fcgi::Response list(const fcgi::Request& request, Services& services);
fcgi::Response show(const fcgi::Request& request, Services& services);
fcgi::Response revoke(const fcgi::Request& request, Services& services);

}  // namespace gatehouse::handlers::devtokens
