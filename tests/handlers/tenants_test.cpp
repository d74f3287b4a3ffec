// Tenants as seed 002 shows them, and their keys.
#include <gmock/gmock.h>

#include <regex>

#include "base/json.h"
#include "crypto/digest.h"
#include "tests/support/api_test.h"

namespace gatehouse::handlers {
namespace {

using testing::HasSubstr;

class TenantRoutes : public support::ApiTest {
 protected:
  support::Answer create(const std::string& name) {
    return anyone().post("/v1/tenants", json::Object().add("name", name).str());
  }
  support::Answer show(const std::string& id) { return anyone().get("/v1/tenants/" + id); }
  support::Answer rotate(const std::string& key, const std::string& body) {
    return with_bearer(key).post("/v1/tenants/" + home.id.str() + "/keys/rotate", body);
  }
  int list_users(const std::string& key) { return with_bearer(key).get("/v1/users").status; }

  const support::TenantAccess home = new_tenant();
};

TEST_F(TenantRoutes, Create_201_WithTheSeedsMembers) {
  const auto answer = create("我的应用");
  EXPECT_EQ(answer.status, 201);
  EXPECT_TRUE(std::regex_match(answer.text("id"), std::regex("tnt_[a-z0-9]{12,20}")));
  EXPECT_EQ(answer.text("name"), "我的应用");
  EXPECT_TRUE(std::regex_match(answer.text("public_key"), std::regex("pub_[A-Za-z0-9_-]{32}")));
  EXPECT_TRUE(std::regex_match(answer.text("secret_key"), std::regex("sec_[A-Za-z0-9_-]{32}")));
  EXPECT_EQ(answer.text("created_at"), to_rfc3339(time()));
}

TEST_F(TenantRoutes, Create_400_WhenTheNameIsTooLongOrHasControlCharacters) {
  EXPECT_EQ(create(std::string(200, 'a')).status, 201);
  for (const auto& name : {std::string(201, 'a'), std::string("a\nb"), std::string("\x1b[31m"),
                           std::string("a\u202eb"), std::string("  ")}) {
    EXPECT_THAT(create(name).text("error"), HasSubstr("\"name\"")) << name;
  }
  EXPECT_EQ(create("").text("error"), R"("name" is required)");
}

TEST_F(TenantRoutes, Show_200_WithTheSeedsMembers) {
  const auto answer = show(home.id.str());
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.text("id"), home.id.str());
  EXPECT_EQ(answer.text("name"), "test");
  EXPECT_EQ(answer.text("api_public_key"), home.public_key);
  EXPECT_EQ(answer.text("api_secret_key_hash"), crypto::hex(crypto::sha256(home.secret_key)));
  EXPECT_EQ(answer.text("created_at"), to_rfc3339(time()));
  EXPECT_THAT(answer.body, testing::Not(HasSubstr("sec_")));
}

TEST_F(TenantRoutes, Show_200_TheInstallationsOwn) {
  const auto answer = show("tnt_default");
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, HasSubstr(R"("api_secret_key_hash":null,"api_public_key":null)"));
}

TEST_F(TenantRoutes, Show_404_ForWhatIsNone) {
  for (const auto* id :
       {"tnt_000000000000x", "tnt_", "tnt_DEFAULT", "x", "usr_abc123def456", "tnt_'--abc123def"}) {
    const auto answer = show(id);
    EXPECT_EQ(answer.status, 404) << id;
    EXPECT_EQ(answer.body, R"({"error":"tenant not found"})") << id;
  }
}

TEST_F(TenantRoutes, Rotate_200_TheNewKeyOnceAndTheOldOneUntilItsEnd) {
  const auto answer = rotate(home.secret_key, R"({"kind":"secret","overlap_seconds":60})");
  EXPECT_EQ(answer.status, 200);
  const auto key = answer.text("secret_key");
  EXPECT_EQ(answer.text("previous_expires_at"), to_rfc3339(time() + Seconds(60)));
  EXPECT_EQ(list_users(key), 200);
  EXPECT_EQ(list_users(home.secret_key), 200);
  later(Seconds(60));
  EXPECT_EQ(list_users(key), 200);
  EXPECT_EQ(list_users(home.secret_key), 401);
  EXPECT_EQ(show(home.id.str()).text("api_secret_key_hash"), crypto::hex(crypto::sha256(key)));
}

TEST_F(TenantRoutes, Rotate_200_PublicAtOnce) {
  const auto key = rotate(home.secret_key, R"({"kind":"public","overlap_seconds":0})").text("public_key");
  const std::string body = R"({"email":"nobody@example.com","password":"wrong"})";
  EXPECT_EQ(with_bearer(key).post("/v1/auth/login", body).text("error"), "invalid email or password");
  EXPECT_EQ(with_bearer(home.public_key).post("/v1/auth/login", body).text("error"), "tenant not found");
}

TEST_F(TenantRoutes, Rotate_200_ADayOfOverlapWhereNoneIsGiven) {
  const auto answer = rotate(home.secret_key, R"({"kind":"secret"})");
  EXPECT_EQ(answer.text("previous_expires_at"), to_rfc3339(time() + Seconds(86400)));
}

TEST_F(TenantRoutes, Rotate_400_ForAnotherKindOrOverlap) {
  EXPECT_EQ(rotate(home.secret_key, R"({"kind":"both"})").text("error"),
            R"("kind" must be public or secret)");
  for (const auto* overlap : {"-1", "7776001", "99999999999999999999"}) {
    const auto answer =
        rotate(home.secret_key, R"({"kind":"secret","overlap_seconds":)" + std::string(overlap) + "}");
    EXPECT_THAT(answer.text("error"), HasSubstr("\"overlap_seconds\"")) << overlap;
  }
}

TEST_F(TenantRoutes, Rotate_403_WithThePublicKey) {
  EXPECT_EQ(rotate(home.public_key, R"({"kind":"secret"})").status, 403);
}

TEST_F(TenantRoutes, Rotate_404_ForAnotherTenant) {
  const auto other = new_tenant();
  const auto answer = rotate(other.secret_key, R"({"kind":"secret"})");
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.text("error"), "tenant not found");
  EXPECT_EQ(list_users(home.secret_key), 200);
}

TEST_F(TenantRoutes, EveryKeyRoute_401_TenantNotFoundForWhatIsNoKey) {
  const std::string other_case = "SEC_" + home.secret_key.substr(4);
  for (const auto& key :
       {std::string("pub_xyz789abc123"), home.secret_key + "x", home.secret_key.substr(0, 35), other_case,
        "pub_" + home.secret_key.substr(4), std::string("x")}) {
    const auto answer = with_bearer(key).get("/v1/users");
    EXPECT_EQ(answer.status, 401) << key;
    EXPECT_EQ(answer.text("error"), "tenant not found");
    EXPECT_THAT(answer.header("WWW-Authenticate"), HasSubstr("Bearer"));
  }
  EXPECT_EQ(with_header("Basic " + home.secret_key).get("/v1/users").status, 401);
  EXPECT_EQ(anyone().get("/v1/users").text("error"), "tenant not found");
}

}  // namespace
}  // namespace gatehouse::handlers
