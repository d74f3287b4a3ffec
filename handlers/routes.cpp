#include "handlers/routes.h"

#include "handlers/audit.h"
#include "handlers/health.h"
#include "handlers/internal.h"
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
    {post, "/v1/internal/services/grant-scope",            service,          "internal:admin", fast, services::grant_scope},
    {post, "/v1/internal/services/revoke-scope",           service,          "internal:admin", fast, services::revoke_scope},
    {post, "/v1/internal/services/check-permission",       service,          "",              fast,  services::check_permission},
    {post, "/v1/internal/services/cleanup-tokens",         service,          "internal:admin", fast, services::clean_up},
    {get,  "/v1/internal/services",                        service,          "internal:admin", fast, services::list},
    {get,  "/v1/internal/services/{client_id}/logs",       service,          "internal:admin", fast, services::logs},
    {get,  "/v1/internal/services/{client_id}/statistics", service,          "internal:admin", fast, services::statistics},
    {get,  "/v1/internal/audit",                           service,          "internal:admin", fast, audit::list},
    {get,  "/api/internal/admin/services",                 service,          "internal:admin", fast, services::list_for_admins},
    {post, "/api/internal/auth/token",                     service,          "auth:token",    fast,  internal::issue_token},
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
