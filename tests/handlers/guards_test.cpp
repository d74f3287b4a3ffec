// Walks the route table: who gets in, and who does not, at every guarded route.
#include <gmock/gmock.h>

#include <set>

#include "base/base64.h"
#include "base/percent_encode.h"
#include "crypto/digest.h"
#include "crypto/jwt.h"
#include "flows/scopes.h"
#include "handlers/routes.h"
#include "tests/support/api_test.h"

namespace gatehouse::handlers {
namespace {

using fcgi::Who;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

using Row = fcgi::Route<Services>;

struct Wrong {
  std::string what;
  std::string authorization;
};

class Guards : public support::ApiTest {
 protected:
  support::Answer knock(const Row& row, const std::string& authorization) {
    return with_header(authorization)
        .send(fcgi::name_of(row.method), support::path_of(row.pattern, good.id.str()));
  }

  // The client's secret, or its service JWT where the row takes no other.
  std::string credential(const Row& row, const support::ServiceClient& client) {
    return accepts(row.who, Who::client) ? support::basic(client) : support::bearer(service_token(client));
  }

  // The one kind that is forged with a role, at the rows that ask for it.
  static bool is_right_after_all(const Wrong& wrong, const Row& row) {
    return wrong.what == "an internal token" && accepts(row.who, Who::internal_jwt | Who::admin_jwt);
  }
  // A row that deletes finds nothing under the id that it is asked with.
  static bool is_let_in(const Row& row, int status) {
    if (status == 404) return row.method == fcgi::Method::del;
    return status != 401 && status != 403 && status != 500;
  }

  crypto::Claims claims(flows::Kind kind) const {
    crypto::Claims all;
    all.issuer = support::kIssuer;
    all.audience = support::kIssuer + std::string(flows::row_of(kind).audience_path);
    all.subject = good.id.str();
    all.id = "a-token-id";
    all.issued_at = unix_seconds(time());
    all.expires_at = unix_seconds(time() + Seconds(300));
    all.client_id = good.id.str();
    all.family = "a-family";
    all.scope = all_scopes();
    all.version = 1;
    all.role = "admin";
    return all;
  }
  static std::string all_scopes() {
    return flows::join_scope({flows::kScopes.begin(), flows::kScopes.end()});
  }
  std::string forged(const crypto::Key& key, std::string_view typ, const crypto::Claims& content) const {
    return support::bearer(crypto::sign(key, typ, crypto::to_json(content)));
  }
  crypto::Key service_key(std::string_view secret = support::kJwtSecret) const {
    return crypto::Key::hmac(crypto::hkdf_sha256(secret, flows::row_of(flows::Kind::service).label, 32));
  }
  std::string forged_service(const crypto::Claims& content) const {
    return forged(service_key(), "service+jwt", content);
  }

  std::vector<Wrong> malformed() const;
  std::vector<Wrong> wrong_clients();
  std::vector<Wrong> wrong_tokens();
  std::vector<Wrong> all_wrong() {
    auto all = malformed();
    for (auto& more : {wrong_clients(), wrong_tokens()}) all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  const support::ServiceClient good =
      new_client({"user:read", "user:write", "user:delete", "tenant:read", "tenant:write", "tenant:delete",
                  "auth:token", "auth:validate", "internal:admin"});
  const support::ServiceClient bare = new_client();
};

std::vector<Wrong> Guards::malformed() const {
  return {{"a scheme alone", "Basic"},
          {"a scheme alone", "Bearer"},
          {"a scheme and a space", "Basic "},
          {"a scheme and spaces", "Bearer    "},
          {"another scheme", "Digest username=\"x\""},
          {"no scheme", good.secret},
          {"only a space", " "},
          {"garbage base64", "Basic !!!!"},
          {"base64 without padding", support::basic(good).substr(0, support::basic(good).find('=')) + "A"},
          {"base64 in two lines", "Basic " + base64_encode("svc_") + "\n" + base64_encode("x:y")},
          {"no colon", "Basic " + base64_encode("svc_abc123def456")},
          {"a bad percent escape", support::basic("svc_abc123def456", "%zz")},
          {"NUL bytes", "Basic " + base64_encode(std::string("a\0b:c\0d", 7))},
          {"no UTF-8", "Basic " + base64_encode("\xff\xfe:\xff")},
          {"a very long Basic",
           "Basic " + base64_encode(std::string(30000, 'a') + ":" + std::string(30000, 'b'))},
          {"a very long Bearer", "Bearer " + std::string(60000, 'a')},
          {"a very long JWT", "Bearer " + std::string(20000, 'a') + "." + std::string(20000, 'a') + ".x"},
          {"a word", "Bearer abc"},
          {"three words", "Bearer a.b.c"},
          {"dots", "Bearer .."},
          {"SQL", "Bearer ' OR 1=1 --"},
          {"control characters", "Bearer \x01\x02"}};
}

std::vector<Wrong> Guards::wrong_clients() {
  const auto off = new_client({"auth:token", "auth:validate"});
  disable(off);
  const auto rotated = new_client({"auth:token", "auth:validate"});
  flows::rotate_secret(owner, actor, rotated.id, std::nullopt, time());
  return {{"an unknown client", support::basic("svc_000000000000", good.secret)},
          {"a malformed client", support::basic("'; SELECT 1", good.secret)},
          {"an empty client", support::basic("", good.secret)},
          {"a wrong secret", support::basic(good.id.str(), bare.secret)},
          {"an empty secret", support::basic(good.id.str(), "")},
          {"a secret in capitals", support::basic(good.id.str(), "SECRET_" + good.secret.substr(7))},
          {"a disabled client", support::basic(off)},
          {"a secret rotated away", support::basic(rotated)},
          {"Basic as Bearer", support::bearer(support::basic(good).substr(6))},
          {"a secret as Bearer", support::bearer(good.secret)}};
}

std::vector<Wrong> Guards::wrong_tokens() {
  const auto pair = generate(good);
  const std::string token = service_token(good);
  const std::string revoked = forged_service(claims(flows::Kind::service));
  support::raw(worker,
               "INSERT INTO revocations (key, min_version, effective_at, expires_at) "
               "VALUES ('token:a-token-id', 1, '2000-01-01', '2100-01-01') ON CONFLICT DO NOTHING");
  const auto off = new_client({"auth:token"});
  const std::string of_disabled = service_token(off);
  disable(off);
  auto expired = claims(flows::Kind::service);
  expired.id = "another";
  auto other_audience = expired;
  auto other_issuer = expired;
  auto future = expired;
  expired.expires_at = unix_seconds(time());
  other_audience.audience = std::string(support::kIssuer) + "/token";
  other_issuer.issuer = "https://evil.test";
  future.issued_at = unix_seconds(time() + Seconds(3600));
  future.expires_at = future.issued_at + 300;
  auto fresh = claims(flows::Kind::service);
  fresh.id = "a-third";

  const std::string none = base64url_encode(R"({"alg":"none","typ":"service+jwt"})") + "." +
                           base64url_encode(crypto::to_json(fresh)) + ".";
  static const crypto::Key rsa = crypto::Key::generate(crypto::Alg::rs256, "rsa");
  const auto with_public_rsa = crypto::Key::hmac(rsa.public_pem(), "rsa");
  keys.publish({{rsa, time() - Seconds(60), {}}});
  services->keys_loaded_at = time();  // it stays published while this test lasts

  std::string flipped = token;
  flipped[flipped.size() - 10] = flipped[flipped.size() - 10] == 'A' ? 'B' : 'A';
  return {
      {"an access token", support::bearer(pair.access_token)},
      {"a refresh token", support::bearer(pair.refresh_token)},
      {"a user token", support::bearer(keys.sign(flows::Kind::user, fresh, time()))},
      {"an internal token", support::bearer(keys.sign(flows::Kind::internal, fresh, time()))},
      {"a service token as Basic", "Basic " + token},
      {"a service token as a secret", support::basic(good.id.str(), token)},
      {"an expired token", forged_service(expired)},
      {"a token of the future", forged_service(future)},
      {"a token for another audience", forged_service(other_audience)},
      {"a token of another issuer", forged_service(other_issuer)},
      {"a revoked token", revoked},
      {"a disabled client's token", support::bearer(of_disabled)},
      {"a wrong signature", support::bearer(flipped)},
      {"a cut signature", support::bearer(token.substr(0, token.rfind('.') + 1))},
      {"alg none", support::bearer(none)},
      {"HS256 under the RSA public key", forged(with_public_rsa, "service+jwt", fresh)},
      {"HS256 under JWT_SECRET itself", forged(crypto::Key::hmac(support::kJwtSecret), "service+jwt", fresh)},
      {"HS256 under another secret",
       forged(service_key("another secret of 41 characters, at least"), "service+jwt", fresh)},
      {"a stranger's ES256 key",
       forged(crypto::Key::generate(crypto::Alg::es256, "x"), "service+jwt", fresh)},
      {"another typ", forged(service_key(), "at+jwt", fresh)},
      {"no typ", forged(service_key(), "", fresh)}};
}

TEST_F(Guards, EveryGuardedRoute_401_WithoutCredential) {
  for (const auto& row : routes()) {
    if (row.who == Who::open) continue;
    const auto answer = knock(row, "");
    EXPECT_EQ(answer.status, 401) << row.pattern;
    EXPECT_THAT(answer.header("WWW-Authenticate"),
                AnyOf(HasSubstr("Basic realm="), HasSubstr("Bearer realm=")))
        << row.pattern;
  }
}

TEST_F(Guards, EveryGuardedRoute_401_WithAnyWrongCredential) {
  for (const auto& wrong : all_wrong()) {
    for (const auto& row : routes()) {
      if (row.who == Who::open || is_right_after_all(wrong, row)) continue;
      const auto answer = knock(row, wrong.authorization);
      EXPECT_EQ(answer.status, 401) << row.pattern << " with " << wrong.what;
      EXPECT_NE(answer.header("WWW-Authenticate"), "") << row.pattern << " with " << wrong.what;
    }
  }
}

// The forgeries above are refused for what is wrong with them, not because forging went wrong.
TEST_F(Guards, AServiceTokenMadeByHandIsGood) {
  auto content = claims(flows::Kind::service);
  content.id = "a-good-one";
  for (const auto& row : routes()) {
    if (!accepts(row.who, Who::service)) continue;
    EXPECT_TRUE(is_let_in(row, knock(row, forged_service(content)).status)) << row.pattern;
  }
}

TEST_F(Guards, AWrongCredentialIsNeverRepeated) {
  for (const auto& wrong : wrong_tokens()) {
    const auto answer = with_header(wrong.authorization).post("/token/generate", "user_id=42");
    EXPECT_THAT(answer.body, Not(HasSubstr(wrong.authorization.substr(7)))) << wrong.what;
    for (const auto& [name, value] : answer.headers)
      EXPECT_THAT(value, Not(HasSubstr(wrong.authorization.substr(7))));
  }
}

TEST_F(Guards, BearerIsRefusedWhereOnlyAClientMayCall) {
  for (const auto& row : routes()) {
    if (row.who != Who::client) continue;
    const auto answer = knock(row, support::bearer(service_token(good)));
    EXPECT_EQ(answer.status, 401) << row.pattern;
    EXPECT_THAT(answer.header("WWW-Authenticate"), HasSubstr("Basic")) << row.pattern;
  }
}

TEST_F(Guards, EveryScopedRoute_403_WithoutItsScope) {
  for (const auto& row : routes()) {
    if (row.scope.empty()) continue;
    for (const auto& authorization : {support::basic(bare), support::bearer(service_token(bare))}) {
      const Who kind = authorization.starts_with("Bearer") ? Who::service : Who::client;
      if (!accepts(row.who, kind)) continue;
      const auto answer = knock(row, authorization);
      EXPECT_EQ(answer.status, 403) << row.pattern;
      EXPECT_THAT(answer.header("WWW-Authenticate"), HasSubstr(std::string(row.scope))) << row.pattern;
    }
  }
}

TEST_F(Guards, EveryScopedRoute_403_WithEveryScopeButItsOwn) {
  for (const auto& row : routes()) {
    if (row.scope.empty()) continue;
    const auto client = new_client();
    for (const auto scope : flows::kScopes) {
      if (scope != row.scope) flows::grant_scope(owner, actor, client.id, scope, time());
    }
    EXPECT_EQ(knock(row, credential(row, client)).status, 403) << row.pattern;
  }
}

TEST_F(Guards, EveryScopedRouteLetsItsScopeIn) {
  for (const auto& row : routes()) {
    if (row.scope.empty()) continue;
    const auto client = new_client({row.scope});
    EXPECT_TRUE(is_let_in(row, knock(row, credential(row, client)).status)) << row.pattern;
  }
}

TEST_F(Guards, EveryClientRouteLetsAClientIn) {
  for (const auto& row : routes()) {
    if (!accepts(row.who, Who::client)) continue;
    EXPECT_THAT(knock(row, support::basic(good)).status, Not(AnyOf(401, 403, 404, 500))) << row.pattern;
  }
}

TEST_F(Guards, EveryServiceRouteLetsAServiceJwtInUnderEveryAlgorithm) {
  for (const auto* alg : {"HS256", "ES256", "EdDSA", "RS256"}) {
    sign_with(alg);
    reload_keys();
    const std::string token = service_token(good);
    EXPECT_EQ(crypto::read(token)->header.alg, alg);
    for (const auto& row : routes()) {
      if (!accepts(row.who, Who::service)) continue;
      EXPECT_TRUE(is_let_in(row, knock(row, support::bearer(token)).status)) << row.pattern;
    }
  }
}

TEST_F(Guards, EveryOpenRouteIgnoresTheAuthorizationHeader) {
  for (const auto& wrong : all_wrong()) {
    for (const auto& row : routes()) {
      if (row.who != Who::open) continue;
      EXPECT_EQ(knock(row, wrong.authorization).status, knock(row, "").status)
          << row.pattern << " " << wrong.what;
    }
  }
}

TEST_F(Guards, TheSchemeIsReadWithoutCase) {
  std::string small = support::basic(good);
  small.replace(0, 5, "bASIC");
  EXPECT_EQ(with_header(small).post("/token/generate", "user_id=1").status, 200);
  EXPECT_EQ(with_header("bEARER " + service_token(good)).post("/token/generate", "user_id=1").status, 200);
}

// Some clients encode `_` and `-` (RFC 6749 section 2.3.1), most do not.
TEST_F(Guards, BasicCredentialsMayBeFormEncoded) {
  EXPECT_EQ(with_header(support::basic(percent_encode(good.id.str()), percent_encode(good.secret)))
                .post("/oauth/token", "grant_type=client_credentials")
                .status,
            200);
}

// nginx limits the rate of a credential by its text: who could write it in many ways would have no limit.
TEST_F(Guards, BasicCredentialsHaveNoThirdWriting) {
  const std::string rest = good.id.str().substr(4);
  for (const std::string& id : {"%73vc_" + rest, "svc%5f" + rest, "svc%5F" + rest + "%"}) {
    EXPECT_EQ(with_header(support::basic(id, good.secret))
                  .post("/oauth/token", "grant_type=client_credentials")
                  .status,
              401)
        << id;
  }
}

TEST_F(Guards, ACredentialInTheQuery_400_AtEveryRoute) {
  for (const auto& row : routes()) {
    for (const auto* name : {"access_token", "client_secret", "token", "refresh_token"}) {
      const std::string target = support::path_of(row.pattern) + "?a=b&" + name + "=hunter2";
      const auto answer = as(good).send(fcgi::name_of(row.method), target);
      EXPECT_EQ(answer.status, 400) << target;
      const bool oauth = row.pattern.starts_with("/oauth/") || row.pattern.starts_with("/api/oauth2/");
      EXPECT_THAT(answer.text(oauth ? "error_description" : "error"),
                  HasSubstr('"' + std::string(name) + '"'));
      EXPECT_THAT(answer.body, Not(HasSubstr("hunter2")));
    }
  }
}

TEST_F(Guards, EveryRow_IsOpenOrChecked) {
  const auto checked = Who::client | Who::service | Who::tenant_key | Who::tenant_secret | Who::user |
                       Who::dev_token | Who::internal_jwt | Who::admin_jwt;
  for (const auto& row : routes()) {
    EXPECT_TRUE(row.who == Who::open || (row.who & (checked | Who::open)) == row.who) << row.pattern;
  }
}

}  // namespace
}  // namespace gatehouse::handlers
