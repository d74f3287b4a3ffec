// Service clients as seed 002 shows them.
#include <gmock/gmock.h>

#include <regex>

#include "base/json.h"
#include "tests/support/api_test.h"

namespace gatehouse::handlers {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kRegister = "/v1/internal/services/register";
constexpr const char* kAuthenticate = "/v1/internal/services/authenticate";
constexpr const char* kValidate = "/v1/internal/services/validate-token";

class ServiceRoutes : public support::ApiTest {
 protected:
  support::Answer enroll(const std::string& name, const std::string& description = "d") {
    return anyone().post(kRegister,
                         json::Object().add("service_name", name).add("description", description).str());
  }
  support::Answer sign_in(const std::string& id, const std::string& secret) {
    return anyone().post(kAuthenticate,
                         json::Object().add("client_id", id).add("client_secret", secret).str());
  }
  support::Answer validate(const std::string& token) {
    return anyone().post(kValidate, json::Object().add("token", token).str());
  }

  const support::ServiceClient client = new_client({"user:write", "user:read"});
};

TEST_F(ServiceRoutes, Register_201_WithTheSeedsMembers) {
  const auto answer = enroll("服务A", "内部服务A");
  EXPECT_EQ(answer.status, 201);
  EXPECT_TRUE(std::regex_match(answer.text("client_id"), std::regex("svc_[a-z0-9]{12}")));
  EXPECT_TRUE(std::regex_match(answer.text("client_secret"), std::regex("secret_[A-Za-z0-9_-]{32}")));
  EXPECT_EQ(answer.text("service_name"), "服务A");
  EXPECT_EQ(answer.text("description"), "内部服务A");
  EXPECT_EQ(answer.text("created_at"), to_rfc3339(time()));
  EXPECT_EQ(answer.text("message"), "Service registered successfully");
  EXPECT_EQ(answer.text("warning"), "Please save the client_secret securely. It will not be shown again.");
  EXPECT_EQ(answer.header("Cache-Control"), "no-store");
}

TEST_F(ServiceRoutes, Register_201_WithoutADescription) {
  EXPECT_EQ(anyone().post(kRegister, R"({"service_name":"A"})").text("description"), "");
  EXPECT_EQ(anyone().post(kRegister, R"({"service_name":"A","description":null})").status, 201);
  EXPECT_EQ(anyone().post(kRegister, R"({"service_name":"A","description":""})").status, 201);
}

TEST_F(ServiceRoutes, Register_201_TheSameNameTwiceAreTwoServices) {
  EXPECT_NE(enroll("twin").text("client_id"), enroll("twin").text("client_id"));
}

TEST_F(ServiceRoutes, Register_201_WhatItMadeCanSignInAndMayDoNothing) {
  const auto made = enroll("A");
  const auto answer = sign_in(made.text("client_id"), made.text("client_secret"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.texts("scopes"), IsEmpty());
}

TEST_F(ServiceRoutes, Register_201_IsAudited) {
  const auto made = enroll("A");
  EXPECT_EQ(support::raw_text(
                owner,
                "SELECT actor || ' ' || action || ' ' || client_address || ' ' || request_id AS value "
                "FROM audit_log WHERE target = '" +
                    made.text("client_id") + "'"),
            "anonymous service.registered 192.0.2.7 req-1");
}

TEST_F(ServiceRoutes, Register_400_WhenANameIsTooLongOrHasControlCharacters) {
  EXPECT_EQ(enroll(std::string(200, 'a')).status, 201);
  for (const auto& name :
       {std::string(201, 'a'), std::string("a\nb"), std::string("\x1b[31m"), std::string("a\x7f")}) {
    const auto answer = enroll(name);
    EXPECT_EQ(answer.status, 400);
    EXPECT_THAT(answer.text("error"), testing::HasSubstr("\"service_name\""));
  }
  EXPECT_THAT(enroll("a", std::string(2001, 'a')).text("error"), testing::HasSubstr("\"description\""));
}

TEST_F(ServiceRoutes, Register_201_WhateverTheNameWouldMeanInSql) {
  EXPECT_EQ(enroll("'; DROP TABLE services; --").text("service_name"), "'; DROP TABLE services; --");
  EXPECT_EQ(enroll("a").status, 201);
}

TEST_F(ServiceRoutes, Authenticate_200_WithTheSeedsMembers) {
  const auto answer = sign_in(client.id.str(), client.secret);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.text("token_type"), "Bearer");
  EXPECT_EQ(answer.number("expires_in"), 300);
  EXPECT_THAT(answer.texts("scopes"), ElementsAre("user:read", "user:write"));
  EXPECT_TRUE(is_live(flows::Kind::service, answer.text("access_token")));
  EXPECT_EQ(answer.header("Cache-Control"), "no-store");
}

TEST_F(ServiceRoutes, Authenticate_401_TheSameAnswerForUnknownAndWrong) {
  const auto unknown = sign_in("svc_000000000000", client.secret);
  const auto wrong = sign_in(client.id.str(), "secret_wrong");
  const auto malformed = sign_in("x", "y");
  EXPECT_EQ(unknown.status, 401);
  EXPECT_EQ(unknown.text("error"), "Client not found");
  EXPECT_EQ(wrong.body, unknown.body);
  EXPECT_EQ(malformed.body, unknown.body);
}

TEST_F(ServiceRoutes, Authenticate_401_WhenDisabled) {
  disable(client);
  EXPECT_EQ(sign_in(client.id.str(), client.secret).status, 401);
}

TEST_F(ServiceRoutes, ValidateToken_200_WithTheSeedsMembers) {
  const auto answer = validate(service_token(client));
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.flag("valid"));
  EXPECT_EQ(answer.text("client_id"), client.id.str());
  EXPECT_THAT(answer.texts("scopes"), ElementsAre("user:read", "user:write"));
  EXPECT_EQ(answer.number("exp"), unix_seconds(time() + Seconds(300)));
}

TEST_F(ServiceRoutes, ValidateToken_200_FalseForWhatIsNone) {
  const std::string expired = service_token(client);
  later(Seconds(300));
  const auto pair = generate(client);
  for (const auto& token : {std::string("x"), std::string("a.b.c"), expired, pair.access_token,
                            pair.refresh_token, client.secret, std::string(40000, 'a')}) {
    const auto answer = validate(token);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, R"({"valid":false})");
  }
}

TEST_F(ServiceRoutes, ValidateToken_200_FalseAfterARevocation) {
  const std::string token = service_token(client);
  flows::revoke_scope(owner, actor, client.id, "user:read", time());
  EXPECT_FALSE(validate(token).flag("valid"));
}

}  // namespace
}  // namespace gatehouse::handlers
