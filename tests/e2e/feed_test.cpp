// The feed killed, stopped, and busy: a check is right or 503, never a wrong yes; and how soon another host
// knows.
#include <algorithm>
#include <csignal>
#include <thread>

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
  // How long the other host took it for good after the call here had answered.
  milliseconds revoke_and_time(const std::string& token) const {
    EXPECT_TRUE(is_valid_at_another_host(token));
    EXPECT_EQ(revoke(client, token).status, 200);
    const auto start = std::chrono::steady_clock::now();
    EXPECT_FALSE(is_valid(token));
    soon([&] { return !is_valid_at_another_host(token); }, seconds(2));
    return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start);
  }

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
  const auto made = first.gatehouse({"devtoken", "create", "feed", "--json"});
  const HttpAnswer told{.body = made.output};
  const std::string token = told.text("token"), id = told.text("token_id");
  ASSERT_FALSE(token.empty() || id.empty()) << made.output;
  remember_secret(token);
  const auto status = [&] {
    auto parameters = fastcgi_parameters("GET", "/api/v1/users", "", "");
    parameters.emplace_back("HTTP_AUTHORIZATION", "Bearer " + token);
    const auto answer = fastcgi_call(Instance::second().socket("fast"), parameters, "");
    return answer ? answer->status : 0;
  };
  for (int i = 0; i < 32; ++i) ASSERT_EQ(status(), 200);  // all of its workers know it now
  ASSERT_TRUE(first.gatehouse({"devtoken", "revoke", id}).ok());
  std::this_thread::sleep_for(milliseconds(200) * kSlowness);
  for (int i = 0; i < 32; ++i) EXPECT_EQ(status(), 401);
}

}  // namespace
}  // namespace gatehouse::support
