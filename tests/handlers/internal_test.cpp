// What services do under /api/internal/.
#include <gmock/gmock.h>

#include "base/json.h"
#include "tests/support/api_test.h"

namespace gatehouse::handlers {
namespace {

class Internal : public support::ApiTest {
 protected:
  support::Answer issue(const std::string& user_id) {
    return as_service().post("/api/internal/auth/token", R"({"user_id":)" + user_id + "}");
  }
  support::Answer issue(const UserId& id) { return issue('"' + id.str() + '"'); }
  support::Answer verify(const std::string& token) {
    return anyone().post("/token/verify", json::Object().add("token", token).str());
  }
  bool is_valid(const std::string& token) { return verify(token).flag("is_valid"); }
  int refresh_status(const std::string& token) {
    return anyone().post("/token/refresh", "refresh_token=" + token).status;
  }
  Sender as_service() { return with_bearer(service_token(client)); }
  support::Answer create(const std::string& tenant_id, const std::string& email,
                         const std::string& profile = "{}") {
    return as_service().post("/api/internal/users", json::Object()
                                                        .add("tenant_id", tenant_id)
                                                        .add("email", email)
                                                        .add("password", support::kPassword)
                                                        .add_json("profile", profile)
                                                        .str());
  }
  static std::vector<std::string> column(const support::Answer& answer, std::string_view array,
                                         std::string_view member) {
    std::vector<std::string> values;
    const auto document = json::Document::parse(answer.body);
    for (const auto& item : document.root().find(array).value().items()) {
      values.emplace_back(item.find(member).value().text().value());
    }
    return values;
  }

  const support::ServiceClient client = new_client({"auth:token", "user:read", "user:write", "user:delete",
                                                    "tenant:read", "tenant:write", "tenant:delete"});
  const support::TenantAccess home = new_tenant();
  const UserId ada = new_user(home.id, "ada@example.com");
};

TEST_F(Internal, IssueToken_200_AsGenerateDoes) {
  const auto answer = issue("42");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.number("base.status_code"), 0);
  EXPECT_EQ(answer.number("expires_in"), 900);
  const auto verified = verify(answer.text("access_token"));
  EXPECT_EQ(verified.number("user_id"), 42);
  EXPECT_FALSE(verified.has("sub"));
  EXPECT_EQ(refresh_status(answer.text("refresh_token")), 200);
}

TEST_F(Internal, IssueToken_200_ForAUserOfOursAlsoAfterRefreshing) {
  const auto answer = issue(ada);
  EXPECT_EQ(answer.status, 200);
  const auto next = anyone().post("/token/refresh", "refresh_token=" + answer.text("refresh_token"));
  for (const auto& pair : {answer, next}) {
    const auto verified = verify(pair.text("access_token"));
    EXPECT_TRUE(verified.flag("is_valid"));
    EXPECT_EQ(verified.number("user_id"), 0);
    EXPECT_EQ(verified.text("sub"), ada.str());
  }
}

TEST_F(Internal, IssueToken_200_WhoAskedForItMayRevokeIt) {
  const auto answer = issue(ada);
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

TEST_F(Internal, IssueToken_404_AnUnknownOrDisabledUser) {
  EXPECT_EQ(issue(R"("usr_000000000000")").text("error"), "user not found");
  flows::change_user(owner, actor, home.id, ada, {{}, true}, Seconds(86400), time());
  EXPECT_EQ(issue(ada).status, 404);
}

TEST_F(Internal, DisablingAUserEndsItsPairsAndThoseMadeAfterItsReturnWork) {
  const auto before = issue(ada);
  flows::change_user(owner, actor, home.id, ada, {{}, true}, times.refresh, time());
  EXPECT_FALSE(is_valid(before.text("access_token")));
  EXPECT_EQ(refresh_status(before.text("refresh_token")), 401);
  flows::change_user(owner, actor, home.id, ada, {{}, false}, times.refresh, time());
  EXPECT_EQ(refresh_status(before.text("refresh_token")), 401);
  const auto after = issue(ada);
  EXPECT_TRUE(is_valid(after.text("access_token")));
  EXPECT_EQ(refresh_status(after.text("refresh_token")), 200);
}

TEST_F(Internal, DeletingATenantEndsThePairsOfItsUsers) {
  const auto pair = issue(ada);
  EXPECT_EQ(as_service().send("DELETE", "/api/internal/tenants/" + home.id.str()).status, 200);
  EXPECT_FALSE(is_valid(pair.text("access_token")));
  EXPECT_EQ(refresh_status(pair.text("refresh_token")), 401);
  EXPECT_EQ(issue(ada).status, 404);
}

TEST_F(Internal, CreateUser_201_InTheTenantThatIsNamed) {
  const auto answer = create(home.id.str(), "bob@example.com", R"({"name":"张三","n":1.0})");
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.text("email"), "bob@example.com");
  EXPECT_EQ(answer.text("profile.name"), "张三");
  EXPECT_EQ(sign_in(home.id, "bob@example.com").user.id.str(), answer.text("id"));
  EXPECT_EQ(
      support::raw_text(
          owner, "SELECT actor AS value FROM audit_log WHERE action = 'user.registered' AND target = '" +
                     answer.text("id") + "'"),
      client.id.str());
}

TEST_F(Internal, CreateUser_409_ATakenEmailAndTheSameInAnotherTenantIsAnother) {
  EXPECT_EQ(create(home.id.str(), "ADA@example.com").status, 409);
  EXPECT_EQ(create(new_tenant().id.str(), "ada@example.com").status, 201);
}

TEST_F(Internal, Users_404_AnUnknownTenant) {
  for (const auto* id : {"tnt_000000000000", "x", "' OR 1=1"}) {
    EXPECT_EQ(create(id, "bob@example.com").text("error"), "tenant not found") << id;
  }
  EXPECT_EQ(as_service().get("/api/internal/users?tenant_id=tnt_000000000000").status, 404);
}

TEST_F(Internal, CreateUser_400_WithTheSeedsTexts) {
  const auto refused = [&](const std::string& members) {
    return as_service()
        .post("/api/internal/users", R"({"tenant_id":")" + home.id.str() + '"' + members + "}")
        .text("error");
  };
  EXPECT_EQ(refused(""), R"("email" is required)");
  EXPECT_EQ(refused(R"(,"email":"a@b.example")"), R"("password" is required)");
  EXPECT_EQ(refused(R"(,"email":"a@b.example","password":"12345")"),
            R"("password" must be at least 6 characters)");
  EXPECT_EQ(refused(R"(,"email":"x","password":"correct horse")"), R"("email" is not a valid email)");
}

TEST_F(Internal, ListUsers_200_OfThatTenantOnlyInPages) {
  const auto bob = new_user(home.id, "bob@example.com");
  new_user(new_tenant().id, "eve@example.com");
  const std::string path = "/api/internal/users?tenant_id=" + home.id.str();
  EXPECT_THAT(column(as_service().get(path), "users", "id"),
              testing::UnorderedElementsAre(ada.str(), bob.str()));
  const auto first = as_service().get(path + "&limit=1");
  const auto second = as_service().get(path + "&limit=1&cursor=" + first.text("next_cursor"));
  EXPECT_NE(column(first, "users", "id"), column(second, "users", "id"));
  EXPECT_FALSE(second.has("next_cursor"));
}

TEST_F(Internal, ListUsers_400_WithoutATenant) {
  EXPECT_EQ(as_service().get("/api/internal/users").text("error"), R"("tenant_id" is required)");
}

TEST_F(Internal, DeleteUser_200_AndEverythingOfItEndsAnd404TheSecondTime) {
  const std::string path = "/api/internal/users/" + ada.str();
  const auto pair = issue(ada);
  const std::string session = sign_in(home.id, "ada@example.com").token;
  EXPECT_EQ(as_service().send("DELETE", path).text("message"), "User deleted successfully");
  EXPECT_FALSE(is_valid(pair.text("access_token")));
  EXPECT_EQ(with_bearer(session).get("/v1/users/me").status, 401);
  EXPECT_EQ(as_service().send("DELETE", path).text("error"), "user not found");
  EXPECT_EQ(as_service().send("DELETE", "/api/internal/users/x").status, 404);
}

TEST_F(Internal, Tenants_200_CreatedListedInPagesAndDeleted) {
  const auto made = as_service().post("/api/internal/tenants", R"({"name":"我的应用"})");
  EXPECT_EQ(made.status, 201);
  EXPECT_EQ(with_bearer(made.text("secret_key")).get("/v1/users").status, 200);
  std::vector<std::string> all;
  std::string cursor;
  do {
    const auto page =
        as_service().get("/api/internal/tenants?limit=2" + (cursor.empty() ? "" : "&cursor=" + cursor));
    const auto ids = column(page, "tenants", "id");
    all.insert(all.end(), ids.begin(), ids.end());
    cursor = page.has("next_cursor") ? page.text("next_cursor") : "";
  } while (!cursor.empty());
  EXPECT_EQ(all, column(as_service().get("/api/internal/tenants"), "tenants", "id"));
  EXPECT_THAT(all, testing::IsSupersetOf({made.text("id"), home.id.str(), std::string("tnt_default")}));

  const std::string path = "/api/internal/tenants/" + made.text("id");
  EXPECT_EQ(as_service().send("DELETE", path).status, 200);
  EXPECT_EQ(as_service().send("DELETE", path).text("error"), "tenant not found");
  EXPECT_EQ(with_bearer(made.text("secret_key")).get("/v1/users").status, 401);
}

TEST_F(Internal, TheInstallationsOwnTenantStays) {
  const auto answer = as_service().send("DELETE", "/api/internal/tenants/tnt_default");
  EXPECT_THAT(answer.status, testing::AnyOf(400, 404));
  EXPECT_EQ(as_service().get("/api/internal/users?tenant_id=tnt_default").status, 200);
}

}  // namespace
}  // namespace gatehouse::handlers
