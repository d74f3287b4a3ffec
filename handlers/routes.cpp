#include "handlers/routes.h"

#include "handlers/health.h"
#include "handlers/oauth.h"
#include "handlers/services.h"
#include "handlers/tokens.h"

namespace gatehouse::handlers {

namespace {

using enum fcgi::Method;
using enum fcgi::Who;
using enum fcgi::Pool;

// clang-format off
constexpr fcgi::Route<Services> kRoutes[] = {
    // Method  Pattern                                     Who               Scope            Pool   Handler
    {get,  "/health",                                      open,             "",              fast,  health::show},
    // --- services (002) --------------------------------------------------------------------------------------
    {post, "/v1/internal/services/register",               open,             "",              fast,  services::enroll},
    {post, "/v1/internal/services/authenticate",           open,             "",              fast,  services::sign_in},
    {post, "/v1/internal/services/validate-token",         open,             "",              fast,  services::validate_token},
    // --- OAuth 2.0 -------------------------------------------------------------------------------------------
    {post, "/oauth/token",                                 client,           "",              fast,  oauth::token},
    {post, "/oauth/introspect",                            client,           "auth:validate", fast,  oauth::introspect},
    {post, "/oauth/revoke",                                client,           "",              fast,  oauth::revoke},
    {get,  "/.well-known/oauth-authorization-server",      open,             "",              fast,  oauth::metadata},
    {get,  "/.well-known/jwks.json",                       open,             "",              fast,  oauth::jwks},
    // --- tokens (004) ----------------------------------------------------------------------------------------
    {post, "/token/generate",                              client | service, "auth:token",    fast,  tokens::generate},
    {post, "/token/refresh",                               open,             "",              fast,  tokens::refresh},
    {post, "/token/verify",                                open,             "",              fast,  tokens::verify},
    {post, "/token/revoke",                                client | service, "auth:token",    fast,  tokens::revoke},
};
// clang-format on
static_assert(fcgi::table_is_sound(kRoutes), "malformed, unguarded or clashing route");

}  // namespace

std::span<const fcgi::Route<Services>> routes() { return kRoutes; }

}  // namespace gatehouse::handlers
