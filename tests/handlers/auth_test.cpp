// Users signing up, in and out, as seed 002 shows it; its error texts letter by letter.
#include <gmock/gmock.h>

#include <regex>

#include "base/json.h"
#include "crypto/jwt.h"
#include "tests/support/api_test.h"

namespace gatehouse::handlers {
namespace {

using testing::HasSubstr;

constexpr const char* kAnn = "Ann@example.com";

class AuthRoutes : public support::ApiTest {
 protected:
  static std::string credentials(const std::string& email, const std::string& password) {
    return json::Object().add("email", email).add("password", password).str();
  }
  support::Answer enroll(const std::string& body) {
    return with_bearer(home.public_key).post("/v1/auth/register", body);
  }
  support::Answer enroll(const std::string& email, const std::string& password) {
    return enroll(credentials(email, password));
  }
  support::Answer log_in(const std::string& email, const std::string& password) {
    return with_bearer(home.public_key).post("/v1/auth/login", credentials(email, password));
  }
  std::string token() { return log_in(kAnn, support::kPassword).text("token"); }
  int me(const std::string& token) { return with_bearer(token).get("/v1/users/me").status; }
  support::Answer change(const std::string& token, const std::string& current, const std::string& next) {
    return with_bearer(token).post(
        "/v1/auth/password", json::Object().add("current_password", current).add("new_password", next).str());
  }

  const support::TenantAccess home = new_tenant();
  const UserId ann = new_user(home.id, kAnn);
};

TEST_F(AuthRoutes, Register_201_WithTheSeedsMembers) {
  const std::string profile = R"({"name":"张三","role":"user","department":"技术部"})";
  const auto answer =
      enroll(R"({"email":"user@example.com","password":"password123","profile":)" + profile + "}");
  EXPECT_EQ(answer.status, 201);
  EXPECT_TRUE(std::regex_match(answer.text("id"), std::regex("usr_[a-z0-9]{12,20}")));
  EXPECT_EQ(answer.body, R"({"id":")" + answer.text("id") + R"(","email":"user@example.com","profile":)" +
                             profile + R"(,"created_at":")" + to_rfc3339(time()) + R"("})");
}

TEST_F(AuthRoutes, Register_201_TheProfileComesBackAsItWentIn) {
  const std::string profile =
      R"({ "z" : 1.50e+02,"a":[ 12345678901234567890123, -0.0, null ] , "\u00e9":"\"}\\", "n":{"n":{}} })";
  const auto answer =
      enroll(R"({"profile" : )" + profile + R"( ,"email":"p@example.com","password":"password123"})");
  EXPECT_THAT(answer.body, HasSubstr(R"("profile":)" + profile + ","));
  const auto id = answer.text("id");
  EXPECT_THAT(with_bearer(home.secret_key).get("/v1/users/" + id).body,
              HasSubstr(R"("profile":)" + profile + ","));
}

TEST_F(AuthRoutes, Register_201_WithoutAProfile) {
  EXPECT_THAT(enroll("p@example.com", "password123").body, HasSubstr(R"("profile":{})"));
  EXPECT_EQ(enroll(R"({"email":"q@example.com","password":"password123","profile":null})").status, 201);
}

TEST_F(AuthRoutes, Register_201_WithTheSecretKeyToo) {
  EXPECT_EQ(with_bearer(home.secret_key)
                .post("/v1/auth/register", credentials("p@example.com", "password123"))
                .status,
            201);
}

TEST_F(AuthRoutes, Register_400_InTheSeedsWords) {
  const std::vector<std::pair<std::string, std::string>> faults{
      {R"({"password":"password123"})", R"("email" is required)"},
      {R"({})", R"("email" is required)"},
      {R"({"email":"user@example.com"})", R"("password" is required)"},
      {R"({"email":"user@example.com","password":""})", R"("password" is required)"},
      {R"({"email":"user@example.com","password":"12345"})", R"("password" must be at least 6 characters)"},
      {R"({"email":"user","password":"password123"})", R"("email" is not a valid email)"},
      {R"({"email":"user@localhost","password":"password123"})", R"("email" is not a valid email)"},
  };
  for (const auto& [body, text] : faults) {
    const auto answer = enroll(body);
    EXPECT_EQ(answer.status, 400) << body;
    EXPECT_EQ(answer.text("error"), text) << body;
  }
}

TEST_F(AuthRoutes, Register_400_ForWhatIsNoProfile) {
  const auto with_profile = [&](const std::string& profile) {
    return enroll(R"({"email":"p@example.com","password":"password123","profile":)" + profile + "}");
  };
  for (const auto* profile : {"[]", "\"x\"", "1", "true"})
    EXPECT_EQ(with_profile(profile).text("error"), R"("profile" must be an object)") << profile;
  const std::string fits = R"({"a":")" + std::string(16384 - 8, 'x') + R"("})";
  EXPECT_EQ(with_profile(R"({"a":")" + std::string(16384 - 7, 'x') + R"("})").text("error"),
            R"("profile" must be at most 16384 bytes)");
  EXPECT_EQ(with_profile(fits).status, 201);
}

TEST_F(AuthRoutes, Register_409_ATakenEmailInAnyCase) {
  const auto answer = enroll("aNN@EXAMPLE.com", "password123");
  EXPECT_EQ(answer.status, 409);
  EXPECT_EQ(answer.text("error"), "email is already registered");
}

TEST_F(AuthRoutes, Login_200_WithTheSeedsMembers) {
  const auto answer = log_in(kAnn, support::kPassword);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.text("user.id"), ann.str());
  EXPECT_EQ(answer.text("user.email"), kAnn);
  EXPECT_TRUE(answer.has("user.profile"));
  EXPECT_EQ(answer.text("user.created_at"), to_rfc3339(time()));
  EXPECT_EQ(me(answer.text("token")), 200);
}

TEST_F(AuthRoutes, Login_401_OneAnswerForUnknownWrongAndDisabled) {
  const auto wrong = log_in(kAnn, "wrong");
  EXPECT_EQ(wrong.status, 401);
  EXPECT_EQ(wrong.body, R"({"error":"invalid email or password"})");
  EXPECT_EQ(wrong.header("WWW-Authenticate"), "");
  EXPECT_EQ(log_in("nobody@example.com", "wrong").body, wrong.body);
  EXPECT_EQ(log_in("no email", "wrong").body, wrong.body);
  with_bearer(home.secret_key).patch("/v1/users/" + ann.str(), R"({"disabled":true})");
  EXPECT_EQ(log_in(kAnn, support::kPassword).body, wrong.body);
}

// Rows of their own tell of these (families, access log, usage): no line of the audit log.
TEST_F(AuthRoutes, IssuingSigningInAndReadingAreNotAudited) {
  const auto client = new_client({"auth:token", "internal:admin", "user:read"});
  const auto lines = [&] { return support::raw_text(owner, "SELECT count(*) AS value FROM audit_log"); };
  const auto before = lines();
  const auto user = token();
  const auto service = service_token(client);
  const auto pair = as(client).post("/token/generate", "user_id=1");
  const std::vector<int> statuses{
      me(user),
      pair.status,
      anyone().post("/token/refresh", "refresh_token=" + pair.text("refresh_token")).status,
      as(client).post("/oauth/token", "grant_type=client_credentials").status,
      with_bearer(home.secret_key).get("/v1/users").status,
      with_bearer(service).get("/api/internal/users?tenant_id=" + home.id.str()).status,
      with_bearer(service).get("/v1/internal/audit").status};
  EXPECT_THAT(statuses, testing::Each(200));
  EXPECT_EQ(lines(), before);
}

TEST_F(AuthRoutes, Login_429_AfterTooManyWithRetryAfter) {
  for (int i = 0; i < 10; ++i) EXPECT_EQ(log_in(kAnn, "wrong").status, 401);
  const auto answer = log_in(kAnn, support::kPassword);
  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(answer.header("Retry-After"), "900");
}

TEST_F(AuthRoutes, Login_FollowsTheSettings) {
  configure({{"LOGIN_ATTEMPTS", "1"}, {"LOGIN_WINDOW", "20s"}});
  EXPECT_EQ(log_in(kAnn, "wrong").status, 401);
  EXPECT_EQ(log_in(kAnn, "wrong").header("Retry-After"), "20");
}

TEST_F(AuthRoutes, Me_401_UserNotAuthenticated) {
  const auto service = service_token(new_client({"user:read"}));
  for (const auto& wrong :
       {std::string("x"), std::string("a.b.c"), home.secret_key, home.public_key, service}) {
    const auto answer = with_bearer(wrong).get("/v1/users/me");
    EXPECT_EQ(answer.status, 401);
    EXPECT_EQ(answer.text("error"), "user not authenticated");
  }
  EXPECT_EQ(anyone().get("/v1/users/me").text("error"), "user not authenticated");
}

TEST_F(AuthRoutes, Me_200_UnderEveryAlgorithm) {
  for (const auto* alg : {"HS256", "ES256", "EdDSA", "RS256"}) {
    sign_with(alg);
    const auto made = token();
    EXPECT_EQ(crypto::read(made)->header.alg, alg);
    EXPECT_EQ(me(made), 200);
  }
}

TEST_F(AuthRoutes, Logout_200_EndsThisToken) {
  const auto first = token();
  const auto second = token();
  const auto answer = with_bearer(first).post("/v1/auth/logout");
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.has("message"));
  EXPECT_EQ(me(first), 401);
  EXPECT_EQ(me(second), 200);
  EXPECT_EQ(with_bearer(first).post("/v1/auth/logout").status, 401);
}

TEST_F(AuthRoutes, Password_200_EndsTheOtherSessions) {
  const auto mine = token();
  const auto other = token();
  EXPECT_EQ(change(mine, support::kPassword, "battery staple").status, 200);
  EXPECT_EQ(me(mine), 200);
  EXPECT_EQ(me(other), 401);
  EXPECT_EQ(log_in(kAnn, support::kPassword).status, 401);
  EXPECT_EQ(log_in(kAnn, "battery staple").status, 200);
}

TEST_F(AuthRoutes, Password_401_WhenTheCurrentOneIsWrong) {
  const auto answer = change(token(), "wrong", "battery staple");
  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(answer.text("error"), "current password is wrong");
  EXPECT_EQ(log_in(kAnn, support::kPassword).status, 200);
}

TEST_F(AuthRoutes, Password_400_ForOneThatNobodyShouldHave) {
  const auto mine = token();
  EXPECT_EQ(change(mine, support::kPassword, "12345").text("error"),
            R"("new_password" must be at least 6 characters)");
  EXPECT_EQ(change(mine, support::kPassword, "123456").text("error"), R"("new_password" is too common)");
  EXPECT_EQ(change(mine, support::kPassword, kAnn).text("error"), R"("new_password" must not be the email)");
}

TEST_F(AuthRoutes, Introspect_200_KnowsUserTokens) {
  const auto client = new_client({"auth:validate"});
  const auto mine = token();
  const auto answer = as(client).post("/oauth/introspect", "token=" + mine);
  EXPECT_TRUE(answer.flag("active"));
  EXPECT_EQ(answer.text("token_type"), "Bearer");
  EXPECT_EQ(answer.text("sub"), ann.str());
  EXPECT_EQ(answer.text("tenant_id"), home.id.str());
  EXPECT_FALSE(answer.has("client_id"));
  with_bearer(mine).post("/v1/auth/logout");
  EXPECT_FALSE(as(client).post("/oauth/introspect", "token=" + mine).flag("active"));
}

}  // namespace
}  // namespace gatehouse::handlers
