// The standard twins: RFC 6749 section 4.4, RFC 7662, RFC 7009, RFC 8414, RFC 7517.
#include <gmock/gmock.h>

#include "crypto/jwt.h"
#include "flows/dev_tokens.h"
#include "flows/signing_keys.h"
#include "tests/support/api_test.h"

namespace gatehouse::handlers {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kGrant = "grant_type=client_credentials";

class Oauth : public support::ApiTest {
 protected:
  support::Answer introspect(const std::string& token) {
    return as(client).post("/oauth/introspect", "token=" + token);
  }
  support::Answer revoke(const support::ServiceClient& by, const std::string& token) {
    return as(by).post("/oauth/revoke", "token=" + token);
  }

  const support::ServiceClient client = new_client({"auth:token", "auth:validate", "user:read"});
  const support::ServiceClient other = new_client();
};

TEST_F(Oauth, Token_200_WithTheSeedsMembers) {
  const auto answer = as(client).post("/oauth/token", kGrant);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.text("token_type"), "Bearer");
  EXPECT_EQ(answer.number("expires_in"), 300);
  EXPECT_EQ(answer.text("scope"), "auth:token auth:validate user:read");
  EXPECT_EQ(answer.header("Cache-Control"), "no-store");
  const auto claims = keys.check(flows::Kind::service, answer.text("access_token"), time());
  EXPECT_EQ(claims->subject, client.id.str());
  EXPECT_EQ(claims->issuer, support::kIssuer);
}

TEST_F(Oauth, Token_200_WithCredentialsInTheBody) {
  const std::string body =
      std::string(kGrant) + "&client_id=" + client.id.str() + "&client_secret=" + client.secret;
  EXPECT_EQ(anyone().post("/oauth/token", body).status, 200);
}

TEST_F(Oauth, Token_401_WithABadSecretInTheBody) {
  const std::string body = std::string(kGrant) + "&client_id=" + client.id.str() + "&client_secret=wrong";
  EXPECT_EQ(anyone().post("/oauth/token", body).text("error"), "invalid_client");
}

TEST_F(Oauth, Token_401_WithAnIdAndNoSecret) {
  EXPECT_EQ(anyone().post("/oauth/token", std::string(kGrant) + "&client_id=" + client.id.str()).status, 401);
}

// RFC 6749 section 2.3: never more than one way.
TEST_F(Oauth, Token_400_WithCredentialsTwice) {
  const std::string body =
      std::string(kGrant) + "&client_id=" + client.id.str() + "&client_secret=" + client.secret;
  const auto answer = as(client).post("/oauth/token", body);
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.text("error"), "invalid_request");
}

// One client in the header and another in the body: nobody can tell which one is meant.
TEST_F(Oauth, Every_400_WithAnotherClientInTheBody) {
  for (const auto* path : {"/oauth/token", "/oauth/introspect", "/oauth/revoke"}) {
    const std::string body = std::string(kGrant) + "&token=x&client_id=";
    const auto answer = as(client).post(path, body + other.id.str());
    EXPECT_EQ(answer.status, 400) << path;
    EXPECT_EQ(answer.text("error"), "invalid_request") << path;
    EXPECT_THAT(answer.text("error_description"), HasSubstr("client_id")) << path;
    EXPECT_EQ(as(client).post(path, body + client.id.str()).status, 200) << path;
  }
}

TEST_F(Oauth, Token_400_ForAnotherGrantType) {
  for (const auto* grant : {"password", "refresh_token", "authorization_code", "CLIENT_CREDENTIALS"}) {
    const auto answer = as(client).post("/oauth/token", std::string("grant_type=") + grant);
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(answer.text("error"), "unsupported_grant_type") << grant;
  }
}

TEST_F(Oauth, Token_200_NarrowsTheScope) {
  EXPECT_EQ(as(client).post("/oauth/token", std::string(kGrant) + "&scope=user:read").text("scope"),
            "user:read");
  EXPECT_EQ(
      as(client).post("/oauth/token", std::string(kGrant) + "&scope=user:read+auth:token").text("scope"),
      "user:read auth:token");
}

TEST_F(Oauth, Token_400_ForAScopeThatIsNotGranted) {
  for (const auto* scope : {"user:write", "user:read user:write", "nonsense"}) {
    const auto answer = as(client).post("/oauth/token", std::string(kGrant) + "&scope=" + scope);
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(answer.text("error"), "invalid_scope");
  }
}

TEST_F(Oauth, Token_200_AnEmptyScopeCountsAsNone) {
  EXPECT_EQ(as(client).post("/oauth/token", std::string(kGrant) + "&scope=").text("scope"),
            "auth:token auth:validate user:read");
}

TEST_F(Oauth, Token_401_CredentialsInTheBodyAreForOauthOnly) {
  const std::string credentials = "client_id=" + client.id.str() + "&client_secret=" + client.secret;
  EXPECT_EQ(anyone().post("/token/generate", "user_id=42&" + credentials).status, 401);
}

TEST_F(Oauth, EveryEndpoint_401_ForAnyone) {
  EXPECT_EQ(anyone().post("/oauth/token", kGrant).status, 401);
  EXPECT_EQ(anyone().post("/oauth/introspect", "token=x").status, 401);
  EXPECT_EQ(anyone().post("/oauth/revoke", "token=x").status, 401);
}

TEST_F(Oauth, Introspect_403_WithoutAuthValidate) {
  const auto almost = new_client({"auth:token", "internal:admin"});
  const auto answer = as(almost).post("/oauth/introspect", "token=x");
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(answer.text("error"), "insufficient_scope");
}

TEST_F(Oauth, Introspect_200_TellsWhatIsActive) {
  const auto pair = generate(client);
  const auto answer = introspect(pair.access_token);
  EXPECT_TRUE(answer.flag("active"));
  EXPECT_EQ(answer.text("token_type"), "Bearer");
  EXPECT_EQ(answer.text("sub"), "42");
  EXPECT_EQ(answer.text("client_id"), client.id.str());
  EXPECT_EQ(answer.text("iss"), support::kIssuer);
  EXPECT_EQ(answer.number("exp"), unix_seconds(time() + times.access));
  EXPECT_EQ(introspect(pair.refresh_token).text("token_type"), "refresh_token");
  EXPECT_EQ(introspect(service_token(client)).text("scope"), "auth:token auth:validate user:read");
}

// Developer tokens that came from another system have any text, a JWT's for one.
TEST_F(Oauth, Introspect_200_KnowsADeveloperTokenThatLooksLikeAJwt) {
  const std::string token = service_token(client).substr(0, 60) + "." + unique_digits();
  flows::import_dev_tokens(
      owner, {seal, false}, actor, tenant,
      {{"jt_" + unique_digits(), Secret(token), "old", "U123456", time(), std::nullopt, false}}, time());
  EXPECT_TRUE(introspect(token).flag("active"));
}

TEST_F(Oauth, Introspect_200_SaysNothingOfWhatIsNot) {
  const auto pair = generate(client);
  revoke(client, pair.access_token);
  for (const auto& token : {std::string("x"), pair.access_token, pair.refresh_token, client.secret}) {
    EXPECT_EQ(introspect(token).body, R"({"active":false})");
  }
}

TEST_F(Oauth, Introspect_200_CredentialsMayBeInTheBody) {
  EXPECT_EQ(anyone()
                .post("/oauth/introspect",
                      "token=x&client_id=" + client.id.str() + "&client_secret=" + client.secret)
                .status,
            200);
}

TEST_F(Oauth, Introspect_200_IgnoresTheHint) {
  const auto pair = generate(client);
  const auto answer =
      as(client).post("/oauth/introspect", "token_type_hint=refresh_token&token=" + pair.access_token);
  EXPECT_TRUE(answer.flag("active"));
}

TEST_F(Oauth, Revoke_200_EndsThePair) {
  const auto pair = generate(client);
  const auto answer = revoke(client, pair.refresh_token);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "{}");
  EXPECT_FALSE(is_live(pair));
}

TEST_F(Oauth, Revoke_200_SomebodyElsesTokenStaysGood) {
  const auto pair = generate(client);
  EXPECT_EQ(revoke(other, pair.access_token).body, revoke(other, "x").body);
  EXPECT_TRUE(is_live(pair));
}

TEST_F(Oauth, Revoke_200_AnAdministratorEndsAnybodys) {
  const auto pair = generate(client);
  revoke(new_client({"internal:admin"}), pair.access_token);
  EXPECT_FALSE(is_live(pair));
}

TEST_F(Oauth, Metadata_200_NamesTheEndpointsUnderPublicUrl) {
  const auto answer = anyone().get("/.well-known/oauth-authorization-server");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.text("issuer"), support::kIssuer);
  for (const auto& [name, path] : {std::pair("token_endpoint", "/oauth/token"),
                                   {"jwks_uri", "/.well-known/jwks.json"},
                                   {"introspection_endpoint", "/oauth/introspect"},
                                   {"revocation_endpoint", "/oauth/revoke"}}) {
    EXPECT_EQ(answer.text(name), std::string(support::kIssuer) + path);
  }
  EXPECT_THAT(answer.texts("grant_types_supported"), ElementsAre("client_credentials"));
  EXPECT_THAT(answer.texts("response_types_supported"), testing::IsEmpty());
  EXPECT_THAT(answer.header("Cache-Control"), HasSubstr("max-age"));
}

class Jwks : public Oauth {};

TEST_F(Jwks, Show_200_EmptyUnderHs256) {
  EXPECT_EQ(anyone().get("/.well-known/jwks.json").body, R"({"keys":[]})");
}

TEST_F(Jwks, Show_200_HasThePublicHalfOfWhatSigns) {
  for (const auto* alg : {"ES256", "EdDSA", "RS256"}) {
    sign_with(alg);
    const auto token = as(client).post("/oauth/token", kGrant).text("access_token");
    const auto answer = anyone().get("/.well-known/jwks.json");
    EXPECT_THAT(answer.body, HasSubstr("\"kid\":\"" + crypto::read(token)->header.kid + "\""));
    EXPECT_EQ(crypto::read(token)->header.alg, alg);
    for (const auto* secret : {"\"d\"", "\"p\"", "\"q\"", "\"k\""})
      EXPECT_THAT(answer.body, Not(HasSubstr(secret)));
  }
}

TEST_F(Jwks, Show_200_HasAnAnnouncedKeyBeforeItSigns) {
  sign_with("ES256");
  flows::rotate_signing_key(owner, seal, actor, crypto::Alg::es256, Seconds(86400), time());
  later(Seconds(5));
  const auto answer = anyone().get("/.well-known/jwks.json");
  const auto first = answer.body.find("\"kid\"");
  EXPECT_NE(answer.body.find("\"kid\"", first + 1), std::string::npos);
}

// The list is at most five seconds old, and read again at once for a token that names a stranger.
TEST_F(Jwks, ATokenUnderAKeyMadeASecondAgoIsGood) {
  sign_with("ES256");
  EXPECT_EQ(as(client).post("/oauth/token", kGrant).status, 200);
  later(Seconds(1));
  flows::ensure_signing_key(owner, seal, actor, crypto::Alg::eddsa, time());
  flows::TokenKeys elsewhere(key_settings("EdDSA"));
  elsewhere.publish(flows::load_signing_keys(worker, seal, time()));
  const auto token =
      flows::issue_service_token(elsewhere, signed_in(client), std::nullopt, time()).access_token;
  EXPECT_EQ(with_bearer(token).post("/token/generate", "user_id=42").status, 200);
}

TEST_F(Jwks, WithoutItsKeyNothingIsIssued_503) {
  keys = flows::TokenKeys(key_settings("ES256"));
  const auto answer = as(client).post("/oauth/token", kGrant);
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.text("error"), "temporarily_unavailable");
}

}  // namespace
}  // namespace gatehouse::handlers
