// The token API as seed 004 shows it.
#include <gmock/gmock.h>

#include "base/json.h"
#include "tests/support/api_test.h"

namespace gatehouse::handlers {
namespace {

using testing::HasSubstr;

class Tokens : public support::ApiTest {
 protected:
  support::Answer refresh_over_http(const std::string& token) {
    return anyone().post("/token/refresh", json::Object().add("refresh_token", token).str());
  }
  support::Answer verify(const std::string& token) {
    return anyone().post("/token/verify", json::Object().add("token", token).str());
  }
  support::Answer revoke(const std::string& token) {
    return as(client).post("/token/revoke", "token=" + token);
  }

  static void expect_success(const support::Answer& answer) {
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.number("base.status_code"), 0);
    EXPECT_EQ(answer.text("base.status_message"), "success");
  }
  static void expect_invalid(const support::Answer& answer) {
    expect_success(answer);
    EXPECT_FALSE(answer.flag("is_valid"));
    EXPECT_EQ(answer.number("user_id"), 0);
  }

  const support::ServiceClient client = new_client({"auth:token"});
};

TEST_F(Tokens, Generate_200_WithTheSeedsMembers) {
  const auto answer = as(client).post("/token/generate", R"({"user_id":42})");
  expect_success(answer);
  EXPECT_EQ(answer.number("expires_in"), 900);
  EXPECT_EQ(answer.text("refresh_token").size(), 80U);
  EXPECT_EQ(answer.header("Cache-Control"), "no-store");
  EXPECT_EQ(verify(answer.text("access_token")).number("user_id"), 42);
}

TEST_F(Tokens, Generate_200_FromAFormAndWithAServiceJwt) {
  expect_success(as(client).post("/token/generate", "user_id=42"));
  expect_success(with_bearer(service_token(client)).post("/token/generate", "user_id=42"));
}

// Credentials are in the header only here: a client_id in the body is a member that nobody reads.
TEST_F(Tokens, Generate_200_IsTheHeadersClientWhateverTheBodySays) {
  const auto other = new_client({"auth:token"});
  const std::string body = "user_id=42&client_id=" + other.id.str() + "&client_secret=" + other.secret;
  EXPECT_EQ(anyone().post("/token/generate", body).status, 401);
  const auto access = as(client).post("/token/generate", body).text("access_token");
  EXPECT_EQ(keys.check(flows::Kind::access, access, time())->client_id, client.id.str());
}

TEST_F(Tokens, Generate_200_ForEveryInt32AboveZero) {
  for (const std::int64_t user : {std::int64_t{1}, std::int64_t{2147483647}}) {
    const std::string number = std::to_string(user);
    const auto json = as(client).post("/token/generate", R"({"user_id":)" + number + "}");
    EXPECT_EQ(verify(json.text("access_token")).number("user_id"), user);
    EXPECT_EQ(as(client).post("/token/generate", "user_id=" + number).status, 200);
  }
}

TEST_F(Tokens, Generate_400_ForAnyOtherUserId) {
  for (const auto* user : {"0", "-1", "2147483648", "-2147483649", "9223372036854775808", "1e3", "1.0"}) {
    for (const auto& body : {R"({"user_id":)" + std::string(user) + "}", "user_id=" + std::string(user)}) {
      const auto answer = as(client).post("/token/generate", body);
      EXPECT_EQ(answer.status, 400) << body;
      EXPECT_THAT(answer.text("base.status_message"), HasSubstr("\"user_id\"")) << body;
      EXPECT_EQ(answer.number("base.status_code"), 400);
    }
  }
  for (const auto* user : {"+1", "0x10", "42abc", "%2042", "4%002"}) {
    EXPECT_EQ(as(client).post("/token/generate", "user_id=" + std::string(user)).status, 400) << user;
  }
}

// The seed: "the origin of the request must be legitimate".
TEST_F(Tokens, GenerateAndRevoke_401_ForAnyone_403_WithoutAuthToken) {
  const auto bare = new_client({"auth:validate", "internal:admin"});
  for (const auto& [path, body] :
       {std::pair("/token/generate", "user_id=42"), {"/token/revoke", "token=x"}}) {
    EXPECT_EQ(anyone().post(path, body).status, 401) << path;
    EXPECT_EQ(as(bare).post(path, body).status, 403) << path;
    EXPECT_EQ(with_bearer(service_token(bare)).post(path, body).status, 403) << path;
  }
}

TEST_F(Tokens, Generate_403_WithATokenNarrowedBelowAuthToken) {
  const auto both = new_client({"auth:token", "user:read"});
  const auto narrow = flows::issue_service_token(keys, signed_in(both), "user:read", time()).access_token;
  EXPECT_EQ(with_bearer(narrow).post("/token/generate", "user_id=42").status, 403);
}

TEST_F(Tokens, RefreshAndVerify_AreOpen) {
  EXPECT_EQ(refresh_over_http(generate(client).refresh_token).status, 200);
  expect_success(verify("x"));
}

TEST_F(Tokens, Refresh_200_RotatesAndTheOldAccessTokenStaysGood) {
  const auto first = generate(client);
  const auto answer = refresh_over_http(first.refresh_token);
  expect_success(answer);
  EXPECT_NE(answer.text("refresh_token"), first.refresh_token);
  EXPECT_TRUE(verify(answer.text("access_token")).flag("is_valid"));
  EXPECT_TRUE(verify(first.access_token).flag("is_valid"));
  EXPECT_EQ(answer.header("Cache-Control"), "no-store");
}

TEST_F(Tokens, Refresh_200_ARetryGetsTheSameAnswerByteForByte) {
  const auto first = generate(client);
  const auto answer = refresh_over_http(first.refresh_token);
  later(Seconds(9));
  EXPECT_EQ(refresh_over_http(first.refresh_token).body, answer.body);
}

TEST_F(Tokens, Refresh_401_ReuseEndsEverything) {
  const auto first = generate(client);
  const auto second = refresh_over_http(first.refresh_token);
  const auto third = refresh_over_http(second.text("refresh_token"));
  const auto reuse = refresh_over_http(first.refresh_token);
  EXPECT_EQ(reuse.status, 401);
  EXPECT_EQ(reuse.number("base.status_code"), 401);
  EXPECT_EQ(refresh_over_http(third.text("refresh_token")).status, 401);
  expect_invalid(verify(third.text("access_token")));
}

TEST_F(Tokens, Refresh_401_TheSameAnswerForUnknownExpiredAndMalformed) {
  const auto pair = generate(client);
  later(times.refresh);
  const auto expired = refresh_over_http(pair.refresh_token);
  EXPECT_EQ(expired.status, 401);
  EXPECT_EQ(refresh_over_http(flows::RefreshToken::create(keys, time()).text()).body, expired.body);
  EXPECT_EQ(refresh_over_http("x").body, expired.body);
  EXPECT_EQ(refresh_over_http(pair.access_token).body, expired.body);
}

TEST_F(Tokens, Verify_200_TellsTheUser) {
  const auto answer = verify(generate(client, 7).access_token);
  expect_success(answer);
  EXPECT_TRUE(answer.flag("is_valid"));
  EXPECT_EQ(answer.number("user_id"), 7);
}

TEST_F(Tokens, Verify_200_FalseForWhatIsNoGoodAccessToken) {
  const auto pair = generate(client);
  expect_invalid(verify(pair.refresh_token));
  expect_invalid(verify(service_token(client)));
  expect_invalid(verify(pair.access_token + "x"));
  for (const auto* text : {"x", "a.b.c", "..", "Bearer x", "' OR 1=1"}) expect_invalid(verify(text));
  expect_invalid(verify(std::string(60000, 'a')));
  later(times.access);
  expect_invalid(verify(pair.access_token));
}

TEST_F(Tokens, Revoke_200_EitherTokenEndsThePair) {
  for (const bool by_access : {true, false}) {
    const auto pair = generate(client);
    expect_success(revoke(by_access ? pair.access_token : pair.refresh_token));
    expect_invalid(verify(pair.access_token));
    EXPECT_EQ(refresh_over_http(pair.refresh_token).status, 401);
  }
}

TEST_F(Tokens, Revoke_200_TheSameAnswerForUnknownAndSomebodyElses) {
  const auto others = generate(new_client({"auth:token"}));
  const auto own = revoke(generate(client).access_token);
  EXPECT_EQ(revoke(others.access_token).body, own.body);
  EXPECT_EQ(revoke(others.refresh_token).body, own.body);
  EXPECT_EQ(revoke("x").body, own.body);
  EXPECT_TRUE(verify(others.access_token).flag("is_valid"));
}

TEST_F(Tokens, Revoke_200_AnAdministratorEndsAnybodys) {
  const auto others = generate(new_client({"auth:token"}));
  const auto admin = new_client({"auth:token", "internal:admin"});
  as(admin).post("/token/revoke", "token=" + others.refresh_token);
  expect_invalid(verify(others.access_token));
}

TEST_F(Tokens, Revoke_200_FromAServiceJwtOfTheSameClient) {
  const auto pair = generate(client);
  with_bearer(service_token(client)).post("/token/revoke", "token=" + pair.access_token);
  expect_invalid(verify(pair.access_token));
}

TEST_F(Tokens, WholeLife_200_UnderEveryAlgorithm) {
  for (const auto* alg : {"HS256", "ES256", "EdDSA", "RS256"}) {
    sign_with(alg);
    const auto first = as(client).post("/token/generate", "user_id=42");
    const auto second = refresh_over_http(first.text("refresh_token"));
    EXPECT_EQ(verify(second.text("access_token")).number("user_id"), 42) << alg;
    revoke(second.text("refresh_token"));
    expect_invalid(verify(second.text("access_token")));
  }
}

TEST_F(Tokens, Verify_200_ATokenOutlivesAChangeOfTheAlgorithm) {
  const auto pair = generate(client);
  sign_with("ES256");
  EXPECT_TRUE(verify(pair.access_token).flag("is_valid"));
}

}  // namespace
}  // namespace gatehouse::handlers
