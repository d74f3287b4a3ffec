#include "handlers/routes.h"

#include "handlers/audit.h"
#include "handlers/auth.h"
#include "handlers/coze.h"
#include "handlers/devtokens.h"
#include "handlers/gate.h"
#include "handlers/health.h"
#include "handlers/internal.h"
#include "handlers/line.h"
#include "handlers/oauth.h"
#include "handlers/services.h"
#include "handlers/tenants.h"
#include "handlers/tokens.h"
#include "handlers/users.h"
#include "handlers/vault.h"
#include "handlers/vault_facade.h"

namespace gatehouse::handlers {

namespace {

using enum fcgi::Method;
using enum fcgi::Who;
using enum fcgi::Pool;

// clang-format off
constexpr fcgi::Route<Services> kRoutes[] = {
    // Method  Pattern                                     Who               Scope            Pool   Handler
    {get,  "/health",                                      open,             "",              fast,  health::show},
    // --- vault (000) -----------------------------------------------------------------------------------------
    {post, "/api/v1/tokens",                               open | internal_jwt, "",           fast,  vault::save},
    {get,  "/api/v1/tokens/{user_id}",                     internal_jwt,     "",              read,  vault::show},
    {del,  "/api/v1/tokens/{user_id}",                     internal_jwt,     "",              fast,  vault::remove},
    {get,  "/api/v1/tokens/{user_id}/validate",            internal_jwt,     "",              fast,  vault::validate},
    {post, "/api/v1/tokens/{user_id}/refresh",             internal_jwt,     "",              outbound, vault::refresh},
    {get,  "/api/v1/tokens/{user_id}/logs",                internal_jwt,     "",              fast,  vault::logs},
    {post, "/api/v1/admin/cleanup",                        admin_jwt,        "",              fast,  vault::clean_up},
    {post, "/api/oauth2/v3/token",                         open,             "",              fast,  vault::facade},
    // --- devtokens (001) -------------------------------------------------------------------------------------
    {get,  "/api/v1/user/{user_id}",                       dev_token,        "",              read,  devtokens::show_user},
    {get,  "/api/v1/users",                                dev_token,        "",              fast,  devtokens::list_users},
    {post, "/api/v1/admin/devtokens",                      admin_jwt,        "",              fast,  devtokens::create},
    {get,  "/api/v1/admin/devtokens",                      admin_jwt,        "",              fast,  devtokens::list},
    {get,  "/api/v1/admin/devtokens/{token_id}",           admin_jwt,        "",              fast,  devtokens::show},
    {post, "/api/v1/admin/devtokens/{token_id}/revoke",    admin_jwt,        "",              fast,  devtokens::revoke},
    {post, "/line/webhook",                                open,             "",              fast,  line::webhook},
    {get,  "/.gate/token",                                 open,             "",              check, gate::ask},
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
    {post, "/v1/internal/services/authenticate",           open,             "",              check, services::sign_in},
    {post, "/v1/internal/services/validate-token",         open,             "",              check, services::validate_token},
    {post, "/v1/internal/services/grant-scope",            service,          "internal:admin", fast, services::grant_scope},
    {post, "/v1/internal/services/revoke-scope",           service,          "internal:admin", fast, services::revoke_scope},
    {post, "/v1/internal/services/check-permission",       service,          "",              fast,  services::check_permission},
    {post, "/v1/internal/services/cleanup-tokens",         service,          "internal:admin", fast, services::clean_up},
    {get,  "/v1/internal/services",                        service,          "internal:admin", fast, services::list},
    {get,  "/v1/internal/services/{client_id}/logs",       service,          "internal:admin", fast, services::logs},
    {get,  "/v1/internal/services/{client_id}/statistics", service,          "internal:admin", fast, services::statistics},
    {get,  "/v1/internal/audit",                           service,          "internal:admin", fast, audit::list},
    {get,  "/api/internal/admin/services",                 service,          "internal:admin", fast, services::list_for_admins},
    {get,  "/api/internal/users",                          service,          "user:read",     fast,  internal::list_users},
    {post, "/api/internal/users",                          service,          "user:write",    hash,  internal::create_user},
    {del,  "/api/internal/users/{user_id}",                service,          "user:delete",   fast,  internal::delete_user},
    {get,  "/api/internal/tenants",                        service,          "tenant:read",   fast,  internal::list_tenants},
    {post, "/api/internal/tenants",                        service,          "tenant:write",  fast,  tenants::create},
    {del,  "/api/internal/tenants/{tenant_id}",            service,          "tenant:delete", fast,  internal::delete_tenant},
    {post, "/api/internal/auth/token",                     service,          "auth:token",    fast,  internal::issue_token},
    // --- coze (003) ------------------------------------------------------------------------------------------
    {post, "/token",                                       open,             "",              outbound, coze::exchange},
    // --- OAuth 2.0 -------------------------------------------------------------------------------------------
    {post, "/oauth/token",                                 client,           "",              check, oauth::token},
    {post, "/oauth/introspect",                            client,           "auth:validate", check, oauth::introspect},
    {post, "/oauth/revoke",                                client,           "",              fast,  oauth::revoke},
    {get,  "/.well-known/oauth-authorization-server",      open,             "",              fast,  oauth::metadata},
    {get,  "/.well-known/jwks.json",                       open,             "",              fast,  oauth::jwks},
    // --- tokens (004) ----------------------------------------------------------------------------------------
    {post, "/token/generate",                              client | service, "auth:token",    fast,  tokens::generate},
    {post, "/token/refresh",                               open,             "",              fast,  tokens::refresh},
    {post, "/token/verify",                                open,             "",              check, tokens::verify},
    {post, "/token/revoke",                                client | service, "auth:token",    fast,  tokens::revoke},
};
// clang-format on
static_assert(fcgi::table_is_sound(kRoutes), "malformed, unguarded or clashing route");

}  // namespace

std::span<const fcgi::Route<Services>> routes() { return kRoutes; }

}  // namespace gatehouse::handlers
