// Developer tokens over HTTP: seed 001's bodies and words, and administration.
#include <gmock/gmock.h>

#include <algorithm>

#include "flows/dev_tokens.h"
#include "flows/users.h"
#include "handlers/authenticate.h"
#include "handlers/routes.h"
#include "tests/support/api_test.h"

namespace gatehouse::handlers {
namespace {

using testing::HasSubstr;
using testing::Not;

class DevTokensApi : public support::ApiTest {
 protected:
  DevTokensApi() {
    flows::import_users(owner, actor, tenant,
                        {{"U123456", R"({"language":"ja","nickname":"ユーザー名"})"},
                         {"U2", R"({"name":"N", "nickname": 5})"},
                         {"U3", "{}"}},
                        time());
  }
  std::string jwt(const std::string& role) {
    crypto::Claims claims;
    claims.subject = "ops";
    claims.issued_at = unix_seconds(time());
    claims.expires_at = unix_seconds(time()) + 600;
    claims.role = role;
    return keys.sign(flows::Kind::internal, claims, time());
  }
  Sender admin() { return with_bearer(jwt("admin")); }

  const flows::NewDevToken made =
      flows::create_dev_token(worker, {seal, true}, actor, {tenant, "app", std::nullopt}, time());
  Sender developer() { return with_bearer(made.token.reveal()); }
};

TEST_F(DevTokensApi, ShowUser_200_AsTheDocumentShowsIt) {
  const auto answer = developer().get("/api/v1/user/U123456");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(
      answer.body,
      R"({"success":true,"user_id":"U123456","nickname":"ユーザー名","data":{"language":"ja","nickname":"ユーザー名"}})");
}

TEST_F(DevTokensApi, ListUsers_200_AsTheDocumentShowsIt) {
  const auto answer = developer().get("/api/v1/users");
  EXPECT_EQ(answer.body,
            R"({"success":true,"count":3,"users":[{"user_id":"U123456","nickname":"ユーザー名"},)"
            R"({"user_id":"U2","nickname":"N"},{"user_id":"U3","nickname":""}]})");
}

// All that a handler of one's own needs is the word in the row.
TEST_F(DevTokensApi, AHandlerIsToldWhichTokenItIsAndWhose) {
  const auto row =
      std::ranges::find_if(routes(), [](const auto& any) { return any.who == fcgi::Who::dev_token; });
  ASSERT_NE(row, routes().end());
  auto asked = request("GET", "/api/v1/users");
  asked.authorization = support::bearer(made.token.reveal());
  authenticate(asked, *row, *services);
  EXPECT_EQ(asked.caller.token_id, made.row.id.str());
  EXPECT_EQ(asked.caller.tenant, tenant.str());
}

TEST_F(DevTokensApi, ListUsers_InPages) {
  const auto first = developer().get("/api/v1/users?limit=2");
  EXPECT_EQ(first.number("count"), 2);
  const auto second = developer().get("/api/v1/users?limit=2&cursor=" + first.text("next_cursor"));
  EXPECT_THAT(second.body, HasSubstr("U3"));
  EXPECT_FALSE(second.has("next_cursor"));
}

TEST_F(DevTokensApi, ShowUser_404_InTheDocumentsWords) {
  EXPECT_EQ(developer().get("/api/v1/user/U9").body,
            R"({"error":"User not found","message":"User U9 does not exist"})");
  EXPECT_EQ(developer().get("/api/v1/user/b%20d!").text("error"), "User not found");
}

TEST_F(DevTokensApi, ShowUser_404_OfAnotherTenant) {
  const auto other = new_tenant();
  const auto id = new_user(other.id, "a@example.com");
  EXPECT_EQ(developer().get("/api/v1/user/" + id.str()).status, 404);
}

TEST_F(DevTokensApi, Users_401_InTheDocumentsWords) {
  const std::string body = R"({"error":"Invalid token","message":"Token is invalid or has been revoked"})";
  EXPECT_EQ(anyone().get("/api/v1/users").body, body);
  EXPECT_EQ(with_header("Bearer").get("/api/v1/users").body, body);
  EXPECT_EQ(with_bearer("unknown").get("/api/v1/users").body, body);
  flows::revoke_dev_token(worker, actor, made.row.id.str(), time());
  const auto revoked = developer().get("/api/v1/users");
  EXPECT_EQ(revoked.status, 401);
  EXPECT_EQ(revoked.body, body);
}

TEST_F(DevTokensApi, Users_NoteTheUseOfTheToken) {
  developer().get("/api/v1/users");
  token_uses.finish(worker, std::chrono::seconds(1));
  EXPECT_EQ(flows::dev_token(worker, made.row.id.str()).last_used, time());
}

TEST_F(DevTokensApi, Users_503_WithoutADatabase) {
  lose_database();
  EXPECT_EQ(developer().get("/api/v1/users").status, 503);
}

TEST_F(DevTokensApi, Create_201_ShowsTheTokenOnce) {
  const auto answer = admin().post("/api/v1/admin/devtokens", R"({"note":"MyApp","expires_in":60})");
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.text("token").size(), 43U);
  EXPECT_EQ(answer.text("created_by"), "ops");
  EXPECT_EQ(answer.text("tenant_id"), "tnt_default");
  const auto shown = admin().get("/api/v1/admin/devtokens/" + answer.text("token_id"));
  EXPECT_EQ(shown.text("note"), "MyApp");
  EXPECT_THAT(shown.body, Not(HasSubstr(answer.text("token"))));
}

TEST_F(DevTokensApi, Create_201_KeepsACopyUnlessToldNotTo) {
  const auto copy_of_new_one = [&] {
    const auto id = admin().post("/api/v1/admin/devtokens", R"({"note":"MyApp"})").text("token_id");
    return flows::dev_token(worker, id).sealed.has_value();
  };
  EXPECT_TRUE(copy_of_new_one());
  configure({{"DEVTOKEN_REVEAL", "off"}});
  EXPECT_FALSE(copy_of_new_one());
}

TEST_F(DevTokensApi, Admin_403_WithoutTheRole) {
  EXPECT_EQ(with_bearer(jwt("")).get("/api/v1/admin/devtokens").status, 403);
  EXPECT_EQ(developer().get("/api/v1/admin/devtokens").status, 401);
}

TEST_F(DevTokensApi, List_200_OfOneTenantOrOfAll) {
  EXPECT_THAT(admin().get("/api/v1/admin/devtokens?tenant_id=" + tenant.str()).body,
              HasSubstr(made.row.id.str()));
  EXPECT_THAT(admin().get("/api/v1/admin/devtokens?tenant_id=tnt_default").body,
              Not(HasSubstr(made.row.id.str())));
}

TEST_F(DevTokensApi, Revoke_200_EndsIt) {
  const auto answer = admin().post("/api/v1/admin/devtokens/" + made.row.id.str() + "/revoke");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(developer().get("/api/v1/users").status, 401);
  EXPECT_EQ(admin().get("/api/v1/admin/devtokens/" + made.row.id.str()).text("status"), "revoked");
}

TEST_F(DevTokensApi, Unknown_404) {
  for (const auto* id : {"jt_000000000000", "x"}) {
    EXPECT_EQ(admin().get(std::string("/api/v1/admin/devtokens/") + id).text("error"), "Token not found");
    EXPECT_EQ(admin().post(std::string("/api/v1/admin/devtokens/") + id + "/revoke").status, 404);
  }
}

}  // namespace
}  // namespace gatehouse::handlers
