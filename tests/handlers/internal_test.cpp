// What services do under /api/internal/.
#include <gmock/gmock.h>

#include "base/json.h"
#include "tests/support/api_test.h"

namespace gatehouse::handlers {
namespace {

class Internal : public support::ApiTest {
 protected:
  support::Answer issue(const std::string& user_id) {
    return with_bearer(service_token(client))
        .post("/api/internal/auth/token", R"({"user_id":)" + user_id + "}");
  }
  support::Answer verify(const std::string& token) {
    return anyone().post("/token/verify", json::Object().add("token", token).str());
  }
  const support::ServiceClient client = new_client({"auth:token"});
};

TEST_F(Internal, IssueToken_200_AsGenerateDoes) {
  const auto answer = issue("42");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.number("base.status_code"), 0);
  EXPECT_EQ(answer.number("expires_in"), 900);
  const auto verified = verify(answer.text("access_token"));
  EXPECT_EQ(verified.number("user_id"), 42);
  EXPECT_FALSE(verified.has("sub"));
  EXPECT_EQ(anyone().post("/token/refresh", "refresh_token=" + answer.text("refresh_token")).status, 200);
}

TEST_F(Internal, IssueToken_200_ForAUserOfOurs) {
  const auto answer = issue(R"("usr_abc123def456")");
  EXPECT_EQ(answer.status, 200);
  const auto verified = verify(answer.text("access_token"));
  EXPECT_TRUE(verified.flag("is_valid"));
  EXPECT_EQ(verified.number("user_id"), 0);
  EXPECT_EQ(verified.text("sub"), "usr_abc123def456");
}

TEST_F(Internal, IssueToken_200_WhoAskedForItMayRevokeIt) {
  const auto answer = issue(R"("usr_abc123def456")");
  as(client).post("/token/revoke", "token=" + answer.text("access_token"));
  const auto verified = verify(answer.text("access_token"));
  EXPECT_FALSE(verified.flag("is_valid"));
  EXPECT_FALSE(verified.has("sub"));
}

TEST_F(Internal, IssueToken_400_WhatIsNoUser) {
  for (const auto* user_id :
       {"0", "-1", "2147483648", "1.5", "true", "null", R"("")", R"("42")", R"("svc_abc123def456")",
        R"("usr_")", R"("usr_ABC123DEF456")", R"("usr_abc123def456 ")"}) {
    const auto answer = issue(user_id);
    EXPECT_EQ(answer.status, 400) << user_id;
    EXPECT_THAT(answer.text("error"), testing::HasSubstr("\"user_id\"")) << user_id;
  }
}

}  // namespace
}  // namespace gatehouse::handlers
