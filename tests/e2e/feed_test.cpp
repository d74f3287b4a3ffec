// The feed killed, stopped, and busy: a check is right or 503, never a wrong yes; and how soon another host
// knows.
#include <algorithm>
#include <csignal>
#include <set>
#include <thread>

#include "base/base64.h"
#include "tests/support/load.h"
#include "tests/support/secrets.h"
#include "tests/support/stack.h"

namespace gatehouse::support {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class FeedOfRevocations : public Stack {
 protected:
  ~FeedOfRevocations() override {
    for (const pid_t pid : stopped_) kill(pid, SIGCONT);
  }
  void stop_feed() {
    stopped_ = first.feeds();
    ASSERT_EQ(stopped_.size(), 1U);
    for (const pid_t pid : stopped_) kill(pid, SIGSTOP);
    std::this_thread::sleep_for(milliseconds(2200));  // REVOCATION_STALE_MAX
  }
  void go_on() {
    for (const pid_t pid : stopped_) kill(pid, SIGCONT);
    stopped_.clear();
  }

  // Straight at the pool: the second instance's nginx has low limits.
  static bool is_valid_at_another_host(const std::string& token) {
    const std::string body = R"({"token":")" + token + R"("})";
    const auto parameters = fastcgi_parameters("POST", "/token/verify", "application/json", body);
    const auto answer = fastcgi_call(Instance::second().socket("fast"), parameters, body);
    EXPECT_TRUE(answer && answer->status == 200);
    return answer && answer->body.find(R"("is_valid":true)") != std::string::npos;
  }
  // What its workers answer to so many in a row, all of whom get one.
  static std::set<int> statuses_over_there(const FastcgiParameters& parameters,
                                           const std::string& body = {}) {
    std::set<int> statuses;
    for (int i = 0; i < 32; ++i) {
      const auto answer = fastcgi_call(Instance::second().socket("fast"), parameters, body);
      statuses.insert(answer ? answer->status : 0);
    }
    return statuses;
  }
  static std::set<int> to_get(const std::string& path, const std::string& credential) {
    auto parameters = fastcgi_parameters("GET", path);
    parameters.emplace_back("HTTP_AUTHORIZATION", "Bearer " + credential);
    return statuses_over_there(parameters);
  }
  static std::set<int> to_issue_a_token(const std::string& id_and_secret) {
    const std::string body = "grant_type=client_credentials";
    auto parameters = fastcgi_parameters("POST", "/oauth/token", "application/x-www-form-urlencoded", body);
    parameters.emplace_back("HTTP_AUTHORIZATION", "Basic " + base64_encode(id_and_secret));
    return statuses_over_there(parameters, body);
  }
  // After a change here the other host has so long.
  static void wait_for_the_other_host() { std::this_thread::sleep_for(milliseconds(200) * kSlowness); }
  // How long the other host took it for good after the call here had answered.
  milliseconds revoke_and_time(const std::string& token) const {
    EXPECT_TRUE(is_valid_at_another_host(token));
    EXPECT_EQ(revoke(client, token).status, 200);
    const auto start = std::chrono::steady_clock::now();
    EXPECT_FALSE(is_valid(token));
    soon([&] { return !is_valid_at_another_host(token); }, seconds(2));
    return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start);
  }

  const std::set<int> well{200};
  const std::set<int> refused{401};
  const ServiceClient client = new_client({"auth:token"});
  const Pair pair = new_pair(client);

 private:
  std::vector<pid_t> stopped_;
};

// The bound of the README; twice that under load here, since two cores serve two hosts and those who ask.
TEST_F(FeedOfRevocations, AnotherHostRefusesWithin200Milliseconds) {
  std::vector<milliseconds> quiet;
  for (int i = 0; i < 10; ++i) quiet.push_back(revoke_and_time(new_pair(client).access));
  EXPECT_LT(*std::max_element(quiet.begin(), quiet.end()), milliseconds(200) * kSlowness);
  Load load(16, [call = verify_call(pair.access)] { return call; });
  std::vector<milliseconds> busy;
  for (int i = 0; i < 10; ++i) busy.push_back(revoke_and_time(new_pair(client).access));
  load.stop();
  EXPECT_EQ(load.others_than({200}), "");
  EXPECT_LT(*std::max_element(busy.begin(), busy.end()), milliseconds(400) * kSlowness);
}

TEST_F(FeedOfRevocations, KilledItIsBackWithinASecondAndNobodyIsToldAWrongYes) {
  const auto revoked = new_pair(client).access;
  ASSERT_EQ(revoke(client, revoked).status, 200);
  for (int i = 0; i < 5; ++i) {
    const auto before = first.feeds();
    ASSERT_EQ(before.size(), 1U);
    const auto token = new_pair(client).access;
    kill(before.front(), SIGKILL);
    EXPECT_EQ(revoke(client, token).status, 200);
    EXPECT_FALSE(is_valid(token));
    EXPECT_TRUE(soon([&] { return first.feeds().size() == 1 && first.feeds() != before; }, seconds(1)));
    EXPECT_FALSE(is_valid(revoked));
  }
}

TEST_F(FeedOfRevocations, KilledUnderLoadNoCheckFails) {
  Load load(16, [call = verify_call(pair.access)] { return call; });
  for (int i = 0; i < 5; ++i) {
    for (const pid_t pid : first.feeds()) kill(pid, SIGKILL);
    load.wait_for(300 / kSlowness);
  }
  load.stop();
  EXPECT_EQ(load.others_than({200}), "");
}

TEST_F(FeedOfRevocations, StoppedForTooLongItIs503AndWellAgainAfterwards) {
  stop_feed();
  for (const auto& call : {verify_call(pair.access), HttpCall{.url = first.http("/health")}}) {
    const auto answer = send(call);
    EXPECT_EQ(answer.status, 503) << call.url;
    EXPECT_TRUE(answer.header("retry-after").has_value()) << call.url;
  }
  auto behind =
      HttpCall{.url = first.http("/behind/any"), .headers = {"Authorization: Bearer " + pair.access}};
  EXPECT_EQ(send(behind).status, 503);
  go_on();
  EXPECT_TRUE(soon([&] { return every_worker_is_well(first); }));
  EXPECT_TRUE(is_valid(pair.access));
}

// Committed, and nobody gets in here until the feed knows: that is in force.
TEST_F(FeedOfRevocations, WhatIsRevokedMeanwhileIsRefusedWhenItIsBack) {
  stop_feed();
  EXPECT_EQ(revoke(client, pair.access).status, 200);
  EXPECT_EQ(send(verify_call(pair.access)).status, 503);
  go_on();
  EXPECT_TRUE(soon([&] { return send(verify_call(pair.access)).status == 200; }));
  EXPECT_FALSE(is_valid(pair.access));
}

TEST_F(FeedOfRevocations, ASecretThatIsRotatedMeanwhileIsToldAllTheSame) {
  stop_feed();
  const auto rotated = first.gatehouse({"service", "rotate-secret", client.id, "--now"});
  EXPECT_TRUE(rotated.ok()) << rotated.output;
  EXPECT_TRUE(rotated.says("secret_"));
  go_on();
  EXPECT_TRUE(soon([&] { return every_worker_is_well(first); }));
  auto call = form(first.http("/oauth/token"), "grant_type=client_credentials");
  call.basic = client.basic();
  EXPECT_EQ(send(call).status, 401);
}

TEST_F(FeedOfRevocations, AnotherHostRefusesARevokedDeveloperTokenAsSoon) {
  const auto [id, token] = new_dev_token();
  ASSERT_FALSE(token.empty() || id.empty());
  ASSERT_EQ(to_get("/api/v1/users", token), well);  // all of its workers know it now
  ASSERT_TRUE(first.gatehouse({"devtoken", "revoke", id}).ok());
  wait_for_the_other_host();
  EXPECT_EQ(to_get("/api/v1/users", token), refused);
}

TEST_F(FeedOfRevocations, AnotherHostRefusesATenantsReplacedKeyAsSoon) {
  const auto tenant = send(json_call(first.http("/v1/tenants"), R"({"name":"feed"})"));
  const std::string old = tenant.text("secret_key");
  ASSERT_EQ(to_get("/v1/users", old), well);
  auto rotate = json_call(first.http("/v1/tenants/" + tenant.text("id") + "/keys/rotate"),
                          R"({"kind":"secret","overlap_seconds":0})");
  rotate.headers.push_back("Authorization: Bearer " + old);
  const auto rotated = send(rotate);
  ASSERT_EQ(rotated.status, 200) << rotated.body;
  wait_for_the_other_host();
  EXPECT_EQ(to_get("/v1/users", old), refused);
  EXPECT_EQ(to_get("/v1/users", rotated.text("secret_key")), well);
}

TEST_F(FeedOfRevocations, AnotherHostRefusesTheKeyOfADeletedTenantAsSoon) {
  const auto tenant = send(json_call(first.http("/v1/tenants"), R"({"name":"feed"})"));
  ASSERT_EQ(to_get("/v1/users", tenant.text("secret_key")), well);
  ASSERT_TRUE(first.gatehouse({"tenant", "delete", tenant.text("id"), "--yes"}).ok());
  wait_for_the_other_host();
  EXPECT_EQ(to_get("/v1/users", tenant.text("secret_key")), refused);
}

TEST_F(FeedOfRevocations, AnotherHostRefusesAClientsReplacedSecretAsSoon) {
  ASSERT_EQ(to_issue_a_token(client.basic()), well);
  const auto rotated = first.gatehouse({"service", "rotate-secret", client.id, "--now", "--json"});
  ASSERT_TRUE(rotated.ok()) << rotated.output;
  remember_secrets_in(rotated.output);
  wait_for_the_other_host();
  EXPECT_EQ(to_issue_a_token(client.basic()), refused);
  EXPECT_EQ(to_issue_a_token(client.id + ":" + HttpAnswer{.body = rotated.output}.text("client_secret")),
            well);
}

}  // namespace
}  // namespace gatehouse::support
