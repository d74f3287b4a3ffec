// Every guarded route with every kind of wrong credential, through nginx. (A public key in the place of a
// secret is key_change_test.cpp's matter.)
#include <map>
#include <regex>

#include "base/base64.h"
#include "base/clock.h"
#include "flows/token_keys.h"
#include "handlers/routes.h"
#include "tests/support/secrets.h"
#include "tests/support/stack.h"

namespace gatehouse::support {
namespace {

class WrongCredentials : public Stack {
 protected:
  static std::string basic(const std::string& id_and_secret) {
    return "Basic " + base64_encode(id_and_secret);
  }

  std::string revoked_service_token() const {
    const auto token = service_token(client);
    auto call = form(first.http("/oauth/revoke"), "token=" + token);
    call.basic = client.basic();
    EXPECT_EQ(send(call).status, 200);
    return token;
  }
  std::string internal_jwt() const {
    const auto output = first.script({"generate_jwt", "--subject=teslamate", "--role=admin"}).output;
    remember_secret(output.substr(0, output.find('\n')));
    return output.substr(0, output.find('\n'));
  }
  // As we sign it, but for when it ends and who it is for.
  std::string jwt_of(flows::Kind kind, const std::string& from, Seconds life) const {
    const Time now = SystemClock().now();
    crypto::Claims claims;
    claims.subject = client.id;
    claims.id = "wrong-credentials-test";
    claims.scope = "internal:admin";
    claims.role = "admin";
    claims.audience = from;  // where the kind has none of its own
    claims.issued_at = unix_seconds(now - Seconds(600));
    claims.expires_at = unix_seconds(now + life);
    const flows::TokenKeys keys({from, "HS256", Secret(first.setting("JWT_SECRET")), Secret("")});
    auto token = keys.sign(kind, claims, now);
    remember_secret(token);
    return token;
  }
  std::string service_jwt(const std::string& from, Seconds life) const {
    return jwt_of(flows::Kind::service, from, life);
  }
  std::string internal_jwt_of(const std::string& from, Seconds life) const {
    return jwt_of(flows::Kind::internal, from, life);
  }
  static std::string unsigned_copy(const std::string& token, const std::string& typ = "service+jwt") {
    const auto first_dot = token.find('.');
    const auto second_dot = token.rfind('.');
    return base64url_encode(R"({"alg":"none","typ":")" + typ + "\"}") +
           token.substr(first_dot, second_dot - first_dot) + ".";
  }
  // Not the last character: some of its bits may count for nothing.
  static std::string another_signature(std::string token) {
    char& c = token[token.rfind('.') + 5];
    c = c == 'A' ? 'B' : 'A';
    return token;
  }

  std::map<std::string, std::string> every_kind() const {
    const auto service = service_token(client);
    const auto pair = new_pair(client);
    return {{"an empty header", ""},
            {"a scheme and nothing", "Bearer"},
            {"basic that is no base64", "Basic %%%%"},
            {"basic without a colon", basic("nobody")},
            {"a client nobody knows", basic("svc_000000000000:" + client.secret)},
            {"a wrong secret", basic(client.id + ":" + std::string(client.secret.size(), 'x'))},
            {"an empty secret", basic(client.id + ":")},
            {"the secret as a bearer", "Bearer " + client.secret},
            {"no JWT", "Bearer a.b.c"},
            {"an unsigned JWT", "Bearer " + unsigned_copy(service)},
            {"another signature", "Bearer " + another_signature(service)},
            {"an expired JWT", "Bearer " + service_jwt(issuer, Seconds(-1))},
            {"a JWT for another audience", "Bearer " + service_jwt("https://other.example", Seconds(300))},
            {"an access token", "Bearer " + pair.access},
            {"a refresh token", "Bearer " + pair.refresh},
            {"an admin JWT", "Bearer " + internal_jwt()},
            {"an unsigned admin JWT", "Bearer " + unsigned_copy(internal_jwt(), "JWT")},
            {"an admin JWT's other signature", "Bearer " + another_signature(internal_jwt())},
            {"an expired admin JWT", "Bearer " + internal_jwt_of(issuer, Seconds(-1))},
            {"an admin JWT for another", "Bearer " + internal_jwt_of("https://other.example", Seconds(300))},
            {"an expired user's JWT", "Bearer " + jwt_of(flows::Kind::user, issuer, Seconds(-1))},
            {"a user's JWT for another",
             "Bearer " + jwt_of(flows::Kind::user, "https://other.example", Seconds(300))},
            {"a revoked service JWT", "Bearer " + revoked_service_token()},
            {"another scheme", "Digest username=\"" + client.id + "\""}};
  }

  // What a good caller could send; a {} is the client itself.
  HttpCall call_of(const fcgi::Route<handlers::Services>& route) const {
    const std::string path =
        std::regex_replace(std::string(route.pattern), std::regex("[{][a-z_]+[}]"), client.id);
    const std::string url = first.http(path);
    HttpCall call = form(url, path == "/oauth/token"      ? "grant_type=client_credentials"
                              : path == "/token/generate" ? "user_id=42"
                                                          : "token=abc");
    if (path.starts_with("/v1/") || path.starts_with("/api/")) {
      call = {.url = url, .headers = {"Content-Type: application/json"}, .body = "{}"};
    }
    call.method = fcgi::name_of(route.method);
    if (!fcgi::has_body(route.method)) call.body.clear();
    return call;
  }
  // The client's secret, or its service JWT where the route takes no other.
  void authorize(HttpCall& call, const fcgi::Route<handlers::Services>& route,
                 const ServiceClient& who) const {
    if (accepts(route.who, fcgi::Who::client)) {
      call.basic = who.basic();
    } else {
      call.headers.push_back("Authorization: Bearer " + service_token(who));
    }
  }
  static bool is_for_services(const fcgi::Route<handlers::Services>& route) {
    return accepts(route.who, fcgi::Who::client | fcgi::Who::service);
  }

  const std::string issuer = "https://localhost:" + first.setting("GATEHOUSE_HTTPS_PORT");
  const ServiceClient client =
      new_client({"user:read", "user:write", "user:delete", "tenant:read", "tenant:write", "tenant:delete",
                  "auth:token", "auth:validate", "internal:admin"});
};

TEST_F(WrongCredentials, OfNoKindOpenAGuardedRoute) {
  const auto kinds = every_kind();
  for (const auto& route : handlers::routes()) {
    if (fcgi::accepts(route.who, fcgi::Who::open)) continue;
    const std::string path(route.pattern);
    const bool is_for_internals = fcgi::accepts(route.who, fcgi::Who::internal_jwt | fcgi::Who::admin_jwt);
    for (const auto& [kind, header] : kinds) {
      if (is_for_internals && kind == "an admin JWT") continue;
      SCOPED_TRACE(path + " with " + kind);
      auto call = call_of(route);
      call.headers.push_back(header.empty() ? "Authorization;" : "Authorization: " + header);
      const auto answer = send(call);
      expect_error(answer, 401, path);
      EXPECT_TRUE(answer.header("www-authenticate").has_value());
    }
    expect_error(send(call_of(route)), 401, path);
  }
}

// Past the guard some find fault with the body, or nothing to delete.
TEST_F(WrongCredentials, TheRightOnesDo) {
  // Else those that we sign ourselves would be refused for another reason.
  HttpCall call{.url = first.http("/v1/internal/services")};
  call.headers.push_back("Authorization: Bearer " + service_jwt(issuer, Seconds(300)));
  EXPECT_EQ(send(call).status, 200);
  call = {.url = first.http("/api/v1/admin/devtokens")};
  call.headers.push_back("Authorization: Bearer " + internal_jwt_of(issuer, Seconds(300)));
  EXPECT_EQ(send(call).status, 200);

  for (const auto& route : handlers::routes()) {
    if (!is_for_services(route)) continue;
    call = call_of(route);
    authorize(call, route, client);
    const int status = send(call).status;
    const bool found = status != 404 || route.method == fcgi::Method::del;
    EXPECT_TRUE(found && status != 401 && status != 403 && status < 500) << route.pattern << ' ' << status;
  }
}

TEST_F(WrongCredentials, AClientWithoutTheScopeGets403) {
  const auto powerless = new_client({});
  for (const auto& route : handlers::routes()) {
    if (route.scope.empty()) continue;
    auto call = call_of(route);
    authorize(call, route, powerless);
    expect_error(send(call), 403, std::string(route.pattern));
  }
}

}  // namespace
}  // namespace gatehouse::support
