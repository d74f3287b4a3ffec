// What nginx is answered when it asks whether a credential opens a location.
#include <gmock/gmock.h>

#include "flows/dev_tokens.h"
#include "tests/support/api_test.h"

namespace gatehouse::handlers {
namespace {

class GateApi : public support::ApiTest {
 protected:
  support::Answer ask(const std::string& require, const std::string& credential) {
    auto question = request("GET", "/.gate/token");
    question.gate_requires = require;
    question.authorization = credential.empty() ? "" : support::bearer(credential);
    return send(std::move(question));
  }
  const flows::NewDevToken dev =
      flows::create_dev_token(worker, {seal, true}, actor, {tenant, "app", std::nullopt}, time());
  const std::string dev_text = std::string(dev.token.reveal());
  const support::TenantAccess shop = new_tenant();
  const support::ServiceClient client = new_client({"user:read", "auth:token"});
};

TEST_F(GateApi, Ask_204_SaysWhoItIs) {
  const auto answer = ask("devtoken", dev_text);
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(answer.header("X-Auth-Kind"), "devtoken");
  EXPECT_EQ(answer.header("X-Auth-Subject"), dev.row.id.str());
  EXPECT_EQ(answer.header("X-Auth-Tenant"), tenant.str());
}

TEST_F(GateApi, Ask_204_ForEachKindWhereItIsAskedForAndForAny) {
  new_user(shop.id, "a@example.com");
  const std::vector<std::pair<std::string, std::string>> kinds{
      {"devtoken", dev_text},
      {"user", sign_in(shop.id, "a@example.com").token},
      {"access", generate(client).access_token},
      {"service", service_token(client)},
      {"tenant_key", shop.public_key}};
  for (const auto& [asked, of_asked] : kinds) {
    EXPECT_EQ(ask("any", of_asked).status, 204) << asked;
    for (const auto& [kind, credential] : kinds)
      EXPECT_EQ(ask(asked, credential).status, kind == asked ? 204 : 401) << kind << " for " << asked;
  }
  EXPECT_EQ(ask("tenant_key", shop.secret_key).header("X-Auth-Kind"), "tenant_secret");
  EXPECT_EQ(ask("user devtoken", dev_text).status, 204);
}

TEST_F(GateApi, Ask_403_WithoutTheScope) {
  EXPECT_EQ(ask("service:user:read", service_token(client)).header("X-Auth-Scopes"), "auth:token user:read");
  EXPECT_EQ(ask("service:user:write", service_token(client)).status, 403);
  EXPECT_EQ(ask("service:user:write", "nonsense").status, 401);
}

// Tenants are made by anybody.
TEST_F(GateApi, Ask_403_ForAnotherTenantThanTheOneThatIsRequired) {
  new_user(shop.id, "b@example.com");
  const auto user = sign_in(shop.id, "b@example.com").token;
  const auto own = ":" + shop.id.str();
  EXPECT_EQ(ask("user" + own, user).status, 204);
  EXPECT_EQ(ask("tenant_key" + own, shop.public_key).status, 204);
  EXPECT_EQ(ask("devtoken:" + tenant.str(), dev_text).status, 204);
  EXPECT_EQ(ask("user:tnt_default", user).status, 403);
  EXPECT_EQ(ask("tenant_key:tnt_default", shop.secret_key).status, 403);
  EXPECT_EQ(ask("devtoken" + own, dev_text).status, 403);
  EXPECT_EQ(ask("user" + own, dev_text).status, 401);
  EXPECT_EQ(ask("tenant_key:tnt_default user" + own, user).status, 204);
  for (const auto* nonsense : {"user:", "user:shop", "access:tnt_default", "any:tnt_default"})
    EXPECT_EQ(ask(nonsense, user).status, 403) << nonsense;
}

TEST_F(GateApi, Ask_403_WhereNothingOrNonsenseIsRequired) {
  for (const auto* require :
       {"", " ", "dev_token", "devtoken nonsense", "service:", "service:no:scope", "open"})
    EXPECT_EQ(ask(require, dev_text).status, 403) << require;
}

TEST_F(GateApi, Ask_401_WithoutACredentialAndWithABadOne) {
  EXPECT_EQ(ask("any", "").status, 401);
  EXPECT_THAT(ask("any", "").header("WWW-Authenticate"), testing::HasSubstr("Bearer"));
  flows::revoke_dev_token(worker, actor, dev.row.id.str(), time());
  EXPECT_EQ(ask("any", dev_text).status, 401);
}

TEST_F(GateApi, Ask_401_WithTwoCredentials) {
  auto question = request("GET", "/.gate/token");
  question.gate_requires = "any";
  question.authorization = support::bearer(dev_text);
  question.authorization_repeated = true;
  EXPECT_EQ(send(std::move(question)).status, 401);
}

TEST_F(GateApi, Ask_403_ThatSaysSo_WithoutADatabase) {
  lose_database();
  const auto answer = ask("devtoken", dev_text);
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(answer.header("X-Auth-Reason"), "unavailable");
  EXPECT_NE(ask("devtoken", "").header("X-Auth-Reason"), "unavailable");
}

}  // namespace
}  // namespace gatehouse::handlers
