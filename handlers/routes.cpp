#include "handlers/routes.h"

#include "handlers/auth.h"
#include "handlers/health.h"
#include "handlers/oauth.h"
#include "handlers/services.h"
#include "handlers/tenants.h"
#include "handlers/tokens.h"
#include "handlers/users.h"

namespace gatehouse::handlers {

namespace {

using enum fcgi::Method;
using enum fcgi::Who;
using enum fcgi::Pool;

// clang-format off
constexpr fcgi::Route<Services> kRoutes[] = {
    // Method  Pattern                                     Who               Scope            Pool   Handler
    {get,  "/health",                                      open,             "",              fast,  health::show},
    // --- idaas (002) -----------------------------------------------------------------------------------------
    {post, "/v1/tenants",                                  open,             "",              fast,  tenants::create},
    {get,  "/v1/tenants/{tenant_id}",                      open,             "",              fast,  tenants::show},
    {post, "/v1/tenants/{tenant_id}/keys/rotate",          tenant_secret,    "",              fast,  tenants::rotate_key},
    {post, "/v1/auth/register",                            tenant_key,       "",              hash,  auth::enroll},
    {post, "/v1/auth/login",                               tenant_key,       "",              hash,  auth::sign_in},
    {post, "/v1/auth/logout",                              user,             "",              fast,  auth::sign_out},
    {post, "/v1/auth/password",                            user,             "",              hash,  auth::change_password},
    {get,  "/v1/users/me",                                 user,             "",              fast,  users::show_me},
    {get,  "/v1/users",                                    tenant_secret,    "",              fast,  users::list},
    {get,  "/v1/users/{user_id}",                          tenant_secret,    "",              fast,  users::show},
    {patch, "/v1/users/{user_id}",                         tenant_secret,    "",              fast,  users::change},
    {del,  "/v1/users/{user_id}",                          tenant_secret,    "",              fast,  users::remove},
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
