#include "tests/support/vault_stack.h"

#include <filesystem>
#include <stdexcept>

#include "crypto/random.h"
#include "flows/token_keys.h"
#include "tests/support/providers.h"
#include "tests/support/secrets.h"

namespace gatehouse::support {

HttpsServer::Options VaultStack::provider_options(const Instance& instance) {
  HttpsServer::Options options;
  options.port = port_of(instance.setting("TESLA_TOKEN_URL"));
  options.authority = std::filesystem::path(instance.setting("UPSTREAM_CA_FILE")).parent_path();
  return options;
}

HttpsServer::Options VaultStack::webhook_options(const Instance& instance) {
  return HttpsServer::plain_on(port_of(instance.setting("VAULT_WEBHOOK_URL")));
}

VaultStack::VaultStack() {
  if (!soon([&] { return second.is_whole(); }))
    throw std::runtime_error("the second instance is not whole: " + second.http("/health"));
}

// So that no keeper goes on asking for them.
VaultStack::~VaultStack() {
  for (const auto& user : users_) {
    auto call = with_jwt({.url = first.http(path_of(user))});
    call.method = "DELETE";
    send(call);
  }
}

std::string VaultStack::internal_jwt(const std::string& subject, const std::string& role) const {
  const flows::TokenKeys keys({"x", "HS256", Secret(first.setting("JWT_SECRET")), Secret()});
  const Time now = SystemClock().now();
  crypto::Claims claims;
  claims.subject = subject;
  claims.role = role;
  claims.id = crypto::random_id(16);  // each is a credential of its own to nginx's rate limits
  claims.issued_at = unix_seconds(now);
  claims.expires_at = unix_seconds(now + std::chrono::hours(1));
  std::string jwt = keys.sign(flows::Kind::internal, claims, now);
  remember_secret(jwt);
  return jwt;
}

HttpCall VaultStack::with_jwt(HttpCall call, const std::string& jwt) const {
  call.headers.push_back("Authorization: Bearer " + (jwt.empty() ? internal_jwt() : jwt));
  return call;
}

HttpAnswer VaultStack::save(const std::string& user, std::chrono::seconds life, const std::string& jwt,
                            const std::string& of) {
  const std::string refresh_token = provider.new_grant();
  remember_secret(refresh_token);
  users_.push_back(user);
  auto call =
      json_call(first.http("/api/v1/tokens"), json::Object()
                                                  .add("user_id", user)
                                                  .add("provider", of)
                                                  .add("access_token", "first-access-of-" + user)
                                                  .add("refresh_token", refresh_token)
                                                  .add("expires_at", to_rfc3339(SystemClock().now() + life))
                                                  .str());
  return send(jwt.empty() ? call : with_jwt(call, jwt));
}

std::string VaultStack::new_user(std::chrono::seconds life, const std::string& of) {
  static int count = 0;
  const std::string user =
      "e2e-" + std::to_string(unix_seconds(SystemClock().now())) + "-" + std::to_string(++count);
  const auto answer = save(user, life, "", of);
  EXPECT_EQ(answer.status, 201) << answer.body << answer.failure;
  remember_secret("first-access-of-" + user);
  return user;
}

std::string VaultStack::new_handle(const std::string& user) const {
  const auto made = first.gatehouse({"vault", "handle", user});
  const auto at = made.output.find("gh_");
  EXPECT_TRUE(made.ok() && at != std::string::npos) << made.output;
  if (at == std::string::npos) return "";
  std::string handle = made.output.substr(at, 35);
  remember_secret(handle);
  return handle;
}

HttpCall VaultStack::teslamate_call(const Instance& at, const std::string& handle) {
  auto call = json_call(at.http("/api/oauth2/v3/token"),
                        R"({"scope":"openid email offline_access","client_id":"ownerapi",)"
                        R"("grant_type":"refresh_token","refresh_token":")" +
                            handle + R"("})");
  call.headers.emplace_back("user-agent: TeslaMate/2.1.0");
  call.headers.emplace_back(
      "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8");
  call.headers.emplace_back("Accept-Language: en-US,de-DE;q=0.5");
  return call;
}

}  // namespace gatehouse::support
