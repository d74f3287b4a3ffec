// What has been revoked is refused by every worker of this host from the moment the call answered, and by
// those of others within 200 ms.
#include <thread>

#include "base/base64.h"
#include "tests/support/stack.h"

namespace gatehouse::support {
namespace {

class Revocation : public Stack {
 protected:
  // Through nginx, and straight at every pool; at the second instance, which is another host, a moment later.
  void expect_refused_everywhere(const std::string& token) const {
    for (int i = 0; i < 30; ++i) ASSERT_FALSE(is_valid(token));
    for (const auto& instance : {first, Instance::second()}) {
      for (const auto* pool : kPools)
        EXPECT_EQ(count_valid_at_pool(instance, pool, token), 0) << instance.http("") << pool;
      if (instance.state() == first.state())
        std::this_thread::sleep_for(std::chrono::milliseconds(200) * kSlowness);
    }
  }

  bool service_token_works(const std::string& token) const {
    auto call = form(first.http("/token/generate"), "user_id=7");
    call.headers.push_back("Authorization: Bearer " + token);
    const int status = send(call).status;
    EXPECT_TRUE(status == 200 || status == 401 || status == 403) << status;
    return status == 200;
  }

  const ServiceClient client = new_client({"auth:token"});
};

TEST_F(Revocation, ARevokedAccessTokenIsRefusedByEveryWorkerAtOnce) {
  const auto pair = new_pair(client);
  ASSERT_EQ(count_valid_at_pool(first, "fast", pair.access), 64);
  ASSERT_EQ(count_valid_at_pool(Instance::second(), "hash", pair.access), 64);
  ASSERT_EQ(revoke(client, pair.access).status, 200);
  expect_refused_everywhere(pair.access);
}

TEST_F(Revocation, RevokingTheRefreshTokenEndsTheWholePair) {
  const auto pair = new_pair(client);
  ASSERT_EQ(revoke(client, pair.refresh).status, 200);
  expect_refused_everywhere(pair.access);
  EXPECT_EQ(send(refresh_call(pair.refresh)).status, 401);
}

TEST_F(Revocation, EachOfManyTokensIsRefusedByTheVeryNextRequest) {
  for (int i = 0; i < 25; ++i) {
    const auto pair = new_pair(client);
    ASSERT_TRUE(is_valid(pair.access));
    ASSERT_EQ(revoke(client, pair.access).status, 200);
    ASSERT_FALSE(is_valid(pair.access));
  }
}

TEST_F(Revocation, SomebodyElsesTokenStays) {
  const auto pair = new_pair(client);
  const auto stranger = new_client({"auth:token"});
  EXPECT_EQ(revoke(stranger, pair.access).status, 200);
  EXPECT_EQ(revoke(stranger, pair.refresh).status, 200);
  EXPECT_TRUE(is_valid(pair.access));
}

TEST_F(Revocation, AScopeTakenAwayOnTheCommandLineEndsTokensIssuedBefore) {
  const auto token = service_token(client);
  ASSERT_TRUE(service_token_works(token));
  ASSERT_TRUE(first.gatehouse({"service", "revoke-scope", client.id, "auth:token"}).ok());
  EXPECT_FALSE(service_token_works(token));
  EXPECT_FALSE(service_token_works(service_token(client)));
  ASSERT_TRUE(first.gatehouse({"service", "grant-scope", client.id, "auth:token"}).ok());
  EXPECT_TRUE(service_token_works(service_token(client)));
  EXPECT_FALSE(service_token_works(token));
}

// Many at once, so that every worker is asked.
TEST_F(Revocation, AScopeOrASecretTakenAwayEndsTokensInEveryWorker) {
  const std::vector<std::vector<std::string>> ways{{"service", "revoke-scope", client.id, "auth:token"},
                                                   {"service", "rotate-secret", client.id, "--now"}};
  for (const auto& way : ways) {
    auto call = json_call(first.http("/v1/internal/services/check-permission"),
                          R"({"client_id":")" + client.id + R"(","scope_name":"user:read"})");
    call.headers.push_back("Authorization: Bearer " + service_token(client));
    for (const auto& answer : send_at_once(std::vector<HttpCall>(32, call))) EXPECT_EQ(answer.status, 200);
    const auto done = first.gatehouse(way);
    EXPECT_TRUE(done.ok()) << way[1];
    for (const auto& answer : send_at_once(std::vector<HttpCall>(32, call))) EXPECT_EQ(answer.status, 401);
  }
}

TEST_F(Revocation, ADisabledServiceGetsNothingAndItsTokensEnd) {
  const auto token = service_token(client);
  const auto pair = new_pair(client);
  ASSERT_TRUE(first.gatehouse({"service", "disable", client.id}).ok());
  EXPECT_FALSE(service_token_works(token));
  expect_refused_everywhere(pair.access);
  auto call = form(first.http("/oauth/token"), "grant_type=client_credentials");
  call.basic = client.basic();
  EXPECT_EQ(send(call).status, 401);
}

TEST_F(Revocation, TheStandardRoutesSeeItToo) {
  const auto checker = new_client({"auth:validate"});
  const auto pair = new_pair(client);
  auto ask = form(first.http("/oauth/introspect"), "token=" + pair.access);
  ask.basic = checker.basic();
  ASSERT_EQ(send(ask).boolean("active"), true);
  auto end = form(first.http("/oauth/revoke"), "token=" + pair.access);
  end.basic = client.basic();
  ASSERT_EQ(send(end).status, 200);
  EXPECT_EQ(send(ask).boolean("active"), false);
  expect_refused_everywhere(pair.access);
}

}  // namespace
}  // namespace gatehouse::support
