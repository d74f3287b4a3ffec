// Users of a tenant, as seed 002 shows them, and that no tenant sees another's.
#include <gmock/gmock.h>

#include "base/json.h"
#include "tests/support/api_test.h"

namespace gatehouse::handlers {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class UserRoutes : public support::ApiTest {
 protected:
  Sender admin() { return with_bearer(home.secret_key); }
  static std::string path(const UserId& id) { return "/v1/users/" + id.str(); }
  static std::vector<std::string> emails(const support::Answer& answer) {
    std::vector<std::string> found;
    const auto document = json::Document::parse(answer.body);
    for (const auto& user : document.root().find("users")->items()) {
      found.emplace_back(user.find("email")->text().value());
    }
    return found;
  }
  std::string audited(const UserId& id, const std::string& column) {
    return support::raw_text(owner, "SELECT " + column + " AS value FROM audit_log WHERE target = '" +
                                        id.str() + "' ORDER BY at DESC, id DESC LIMIT 1");
  }

  const support::TenantAccess home = new_tenant();
  const support::TenantAccess other = new_tenant();
  const UserId ann = new_user(home.id, "ann@example.com");
};

TEST_F(UserRoutes, Me_200_WithTheSeedsMembers) {
  const auto answer = with_bearer(sign_in(home.id, "ann@example.com").token).get("/v1/users/me");
  EXPECT_EQ(answer.body, R"({"id":")" + ann.str() +
                             R"(","email":"ann@example.com","profile":{},"created_at":")" +
                             to_rfc3339(time()) + R"("})");
}

TEST_F(UserRoutes, Show_200_TheSame) {
  EXPECT_EQ(admin().get(path(ann)).body,
            with_bearer(sign_in(home.id, "ann@example.com").token).get("/v1/users/me").body);
}

TEST_F(UserRoutes, List_200_AllInTheirOrder) {
  later(Seconds(1));
  new_user(home.id, "ben@example.com");
  new_user(other.id, "zoe@example.com");
  const auto answer = admin().get("/v1/users");
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(emails(answer), ElementsAre("ann@example.com", "ben@example.com"));
  EXPECT_FALSE(answer.has("next_cursor"));
}

TEST_F(UserRoutes, List_200_InPages) {
  std::vector<std::string> all{"ann@example.com"};
  for (int i = 0; i < 6; ++i) {
    if (i % 2 == 0) later(std::chrono::microseconds(1));  // two at a time
    new_user(home.id, std::to_string(i) + "@example.com");
  }
  for (const int limit : {1, 2, 3, 6, 7}) {
    std::vector<std::string> seen;
    std::string cursor;
    do {
      const auto answer = admin().get("/v1/users?limit=" + std::to_string(limit) + cursor);
      const auto page = emails(answer);
      EXPECT_LE(page.size(), static_cast<std::size_t>(limit));
      seen.insert(seen.end(), page.begin(), page.end());
      cursor = answer.has("next_cursor") ? "&cursor=" + answer.text("next_cursor") : "";
    } while (!cursor.empty());
    EXPECT_EQ(seen, emails(admin().get("/v1/users"))) << limit;
    EXPECT_EQ(seen.size(), 7U);
  }
}

TEST_F(UserRoutes, List_200_AThousandWithoutALimit) {
  support::raw(owner,
               "INSERT INTO users (tenant_id, user_id, email, email_key, password_hash, profile, created_at) "
               "SELECT '" +
                   home.id.str() +
                   "', 'usr_' || lpad(n::text, 12, '0'), n::text, n::text, '', '{}', '2030-01-01' FROM "
                   "generate_series(1, 1000) n");
  const auto answer = admin().get("/v1/users");
  EXPECT_EQ(emails(answer).size(), 1000U);
  EXPECT_THAT(emails(admin().get("/v1/users?cursor=" + answer.text("next_cursor"))), testing::SizeIs(1));
}

TEST_F(UserRoutes, List_400_ForAnotherLimitOrCursor) {
  for (const auto* limit : {"0", "1001", "-1", "x", "1.5", "99999999999999999999"})
    EXPECT_THAT(admin().get("/v1/users?limit=" + std::string(limit)).text("error"), HasSubstr("\"limit\""))
        << limit;
  for (const auto* cursor : {"x", "!!!!", "OnVzcl8", "MTp1c3JfJw", "LTE6dXNyX2FiYzEyM2RlZjQ1Ng"})
    EXPECT_THAT(admin().get("/v1/users?cursor=" + std::string(cursor)).text("error"), HasSubstr("\"cursor\""))
        << cursor;
}

TEST_F(UserRoutes, EveryAdminRoute_403_WithThePublicKey) {
  const auto sender = [&] { return with_bearer(home.public_key); };
  EXPECT_EQ(sender().get("/v1/users").status, 403);
  EXPECT_EQ(sender().get(path(ann)).status, 403);
  EXPECT_EQ(sender().patch(path(ann), R"({"disabled":true})").status, 403);
  EXPECT_EQ(sender().send("DELETE", path(ann)).status, 403);
}

TEST_F(UserRoutes, Patch_200_TheWholeProfile) {
  const auto answer = admin().patch(path(ann), R"({"profile": {"b":1, "a":2.0}})");
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, HasSubstr(R"("profile":{"b":1, "a":2.0})"));
  EXPECT_EQ(admin().get(path(ann)).body, answer.body);
}

TEST_F(UserRoutes, Patch_200_DisablesAndEnables) {
  const auto token = sign_in(home.id, "ann@example.com").token;
  EXPECT_TRUE(admin().patch(path(ann), R"({"disabled":true})").flag("disabled"));
  EXPECT_TRUE(admin().get(path(ann)).flag("disabled"));
  EXPECT_EQ(with_bearer(token).get("/v1/users/me").status, 401);
  EXPECT_FALSE(admin().patch(path(ann), R"({"disabled":false})").has("disabled"));
  EXPECT_EQ(with_bearer(token).get("/v1/users/me").status, 401);
  EXPECT_EQ(with_bearer(sign_in(home.id, "ann@example.com").token).get("/v1/users/me").status, 200);
}

TEST_F(UserRoutes, Patch_400_ForNothingOrAnotherType) {
  EXPECT_EQ(admin().patch(path(ann), "{}").text("error"), R"("profile" or "disabled" is required)");
  EXPECT_EQ(admin().patch(path(ann), R"({"disabled":"yes"})").text("error"),
            R"("disabled" must be true or false)");
  EXPECT_EQ(admin().patch(path(ann), R"({"profile":[]})").text("error"), R"("profile" must be an object)");
  EXPECT_EQ(admin().patch(path(ann), "x").text("error"), "The body is not valid JSON");
}

TEST_F(UserRoutes, Delete_200_And404TheSecondTime) {
  const auto token = sign_in(home.id, "ann@example.com").token;
  later(Seconds(1));
  const auto answer = admin().send("DELETE", path(ann));
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.has("message"));
  EXPECT_EQ(with_bearer(token).get("/v1/users/me").status, 401);
  EXPECT_EQ(admin().send("DELETE", path(ann)).status, 404);
  EXPECT_EQ(audited(ann, "actor || ' ' || action || ' ' || client_address || ' ' || request_id"),
            home.id.str() + " user.deleted 192.0.2.7 req-1");
}

TEST_F(UserRoutes, EveryIdRoute_404_ForAnotherTenantsUserAsForNobody) {
  const auto nobody = UserId::trusted("usr_nobody000000");
  for (const auto& [method, body] :
       {std::pair("GET", ""), {"DELETE", ""}, {"PATCH", R"({"disabled":true})"}}) {
    for (const auto& target :
         {path(ann), path(nobody), std::string("/v1/users/U123456"), std::string("/v1/users/'")}) {
      const auto sender = [&] { return with_bearer(other.secret_key); };
      const auto answer = *body == '\0' ? sender().send(method, target) : sender().patch(target, body);
      EXPECT_EQ(answer.status, 404) << method << ' ' << target;
      EXPECT_EQ(answer.body, R"({"error":"user not found"})");
    }
  }
  EXPECT_EQ(admin().get(path(ann)).status, 200);
}

// Not even by signing up: an email that another tenant has is free here.
TEST_F(UserRoutes, AnotherTenantsEmailsAreUnknown) {
  const std::string body = R"({"email":"ann@example.com","password":"password123"})";
  EXPECT_EQ(with_bearer(other.public_key).post("/v1/auth/login", body).status, 401);
  EXPECT_EQ(with_bearer(other.public_key).post("/v1/auth/register", body).status, 201);
  EXPECT_EQ(with_bearer(home.public_key).post("/v1/auth/register", body).status, 409);
}

}  // namespace
}  // namespace gatehouse::handlers
