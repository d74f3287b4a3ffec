// A good body for every route that reads one: what the walks over the table vary. A new POST route fails the
// walks until it has its row here.
#pragma once

#include <string_view>
#include <vector>

#include "tests/support/api_test.h"

namespace gatehouse::handlers {

struct RouteBody {
  std::string_view pattern;
  bool takes_json;
  bool takes_form;
  support::Members required;  // texts in quotes, as JSON has them
  support::Members optional = {};

  std::string good() const { return takes_json ? support::json_of(required) : support::form_of(required); }
  std::string_view type() const { return takes_json ? support::kJson : support::kForm; }
};

// Those that read none have no row, nor has the one whose body is LINE's to sign (line_test).
inline bool reads_no_body(std::string_view pattern) {
  return pattern == "/v1/auth/logout" || pattern == "/api/v1/tokens/{user_id}/refresh" ||
         pattern == "/api/v1/admin/cleanup" || pattern == "/v1/internal/services/cleanup-tokens" ||
         pattern == "/api/v1/admin/devtokens/{token_id}/revoke" || pattern == "/line/webhook";
}

// Of a user that the walks register beforehand, with kPassword.
inline constexpr const char* kTakenEmail = "taken@example.com";

inline const std::vector<RouteBody>& route_bodies() {
  // clang-format off
  static const std::vector<RouteBody> bodies{
      {"/api/v1/tokens",                       true,  false, {{"user_id", R"("a-user")"}, {"access_token", R"("a")"}, {"expires_at", R"("2031-01-01T00:00:00Z")"}}, {{"refresh_token", R"("r")"}, {"provider", R"("tesla")"}}},
      {"/api/oauth2/v3/token",                 true,  true,  {{"grant_type", R"("refresh_token")"}, {"refresh_token", R"("gh_x")"}}},
      {"/v1/tenants",                          true,  false, {{"name", R"("A")"}}},
      {"/v1/tenants/{tenant_id}/keys/rotate",  true,  false, {{"kind", R"("secret")"}}, {{"overlap_seconds", "60"}}},
      {"/v1/auth/register",                    true,  false, {{"email", R"("taken@example.com")"}, {"password", R"("correct horse")"}}},
      {"/v1/auth/login",                       true,  false, {{"email", R"("taken@example.com")"}, {"password", R"("correct horse battery")"}}},
      {"/v1/auth/password",                    true,  false, {{"current_password", R"("wrong")"}, {"new_password", R"("battery staple")"}}},
      {"/v1/internal/services/register",       true,  false, {{"service_name", R"("A")"}}, {{"description", R"("d")"}}},
      {"/v1/internal/services/authenticate",   true,  false, {{"client_id", R"("svc_abc123def456")"}, {"client_secret", R"("s")"}}},
      {"/v1/internal/services/validate-token", true,  false, {{"token", R"("x")"}}},
      {"/v1/internal/services/grant-scope",    true,  false, {{"client_id", R"("svc_abc123def456")"}, {"scope_name", R"("user:read")"}}},
      {"/v1/internal/services/revoke-scope",   true,  false, {{"client_id", R"("svc_abc123def456")"}, {"scope_name", R"("user:read")"}}},
      {"/v1/internal/services/check-permission", true, false, {{"client_id", R"("svc_abc123def456")"}, {"scope_name", R"("user:read")"}}},
      {"/api/internal/users",                  true,  false, {{"tenant_id", R"("tnt_000000000000")"}, {"email", R"("a@example.com")"}, {"password", R"("correct horse")"}}},
      {"/api/internal/tenants",                true,  false, {{"name", R"("A")"}}},
      {"/api/internal/auth/token",             true,  false, {{"user_id", "42"}}},
      {"/api/v1/admin/devtokens",              true,  false, {{"note", R"("A")"}}, {{"expires_in", "60"}}},
      {"/token",                               true,  false, {{"public_key", R"("k")"}, {"coze_api_key", R"("a")"}}, {{"duration_seconds", "3600"}}},
      {"/oauth/token",                         false, true,  {{"grant_type", R"("client_credentials")"}}, {{"scope", R"("user:read")"}}},
      {"/oauth/introspect",                    false, true,  {{"token", R"("x")"}}},
      {"/oauth/revoke",                        false, true,  {{"token", R"("x")"}}},
      {"/token/generate",                      true,  true,  {{"user_id", "42"}}},
      {"/token/refresh",                       true,  true,  {{"refresh_token", R"("x")"}}},
      {"/token/verify",                        true,  true,  {{"token", R"("x")"}}},
      {"/token/revoke",                        true,  true,  {{"token", R"("x")"}}},
  };
  // clang-format on
  return bodies;
}

}  // namespace gatehouse::handlers
