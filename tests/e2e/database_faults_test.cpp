// PostgreSQL away, hanging, restarted: 200 or 503, never 500, and well again by itself.
#include <csignal>
#include <thread>

#include "tests/support/load.h"
#include "tests/support/stack.h"

namespace gatehouse::support {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// REVOCATION_STALE_MAX of the tests' instances, and what it takes to notice.
constexpr milliseconds kPatience{2000 + 1500};

class DatabaseFaults : public Stack {
 protected:
  ~DatabaseFaults() override {
    for (const pid_t pid : frozen_) kill(pid, SIGCONT);
    // A test that failed in the middle must not leave the others without a database.
    if (!soon([&] { return send({.url = first.http("/health")}).status == 200; }, seconds(3)))
      first.database("start");
  }

  // All of PostgreSQL, as on a machine that hangs: connections stay open and nothing answers.
  void freeze() {
    frozen_ = children_of(first.postmaster());
    frozen_.push_back(first.postmaster());
    for (const pid_t pid : frozen_) kill(pid, SIGSTOP);
  }
  void thaw() {
    for (const pid_t pid : frozen_) kill(pid, SIGCONT);
    frozen_.clear();
  }

  std::vector<HttpCall> calls_that_need_it() const {
    auto generate = form(first.http("/token/generate"), "user_id=42");
    generate.basic = client.basic();
    auto revoking = form(first.http("/token/revoke"), "token=" + pair.access);
    revoking.basic = client.basic();
    auto oauth = form(first.http("/oauth/token"), "grant_type=client_credentials");
    oauth.basic = client.basic();
    return {generate, revoking, oauth, refresh_call(pair.refresh), verify_call(pair.access)};
  }

  // A check asks the map, which may be used for a moment more.
  static void let_the_map_get_stale() { std::this_thread::sleep_for(milliseconds(2200)); }
  void expect_unavailable() const {
    const auto health = send({.url = first.http("/health")});
    EXPECT_EQ(health.status, 503);
    EXPECT_EQ(health.text("status"), "unhealthy");
    EXPECT_TRUE(health.header("retry-after").has_value());
    for (const auto& call : calls_that_need_it()) {
      const auto answer = send(call);
      expect_error(answer, 503, call.url.substr(first.http("").size()));
      EXPECT_LT(answer.seconds, 1e-3 * static_cast<double>(kPatience.count()) * kSlowness) << call.url;
    }
  }

  // By which the feed knows whether this server has crashed.
  static std::string mark() {
    auto asked = run_command({"psql", "-X", "-At", std::getenv("GATEHOUSE_TEST_DB"), "-c",
                              "SELECT mark FROM gatehouse.crash_mark"});
    return asked.ok() ? asked.output : "";
  }

  // By itself, in every worker; and what was valid before still is.
  void expect_well_again() const {
    EXPECT_TRUE(soon([&] { return every_worker_is_well(first); }));
    EXPECT_TRUE(is_valid(pair.access));
  }

  const ServiceClient client = new_client({"auth:token"});
  const Pair pair = new_pair(client);

 private:
  std::vector<pid_t> frozen_;
};

TEST_F(DatabaseFaults, RestartedUnderLoadRequestsGet200Or503AndNothingNeedsARestart) {
  const auto workers = first.all_workers();
  Load load(16, [call = verify_call(pair.access)] { return call; });
  load.wait_for(200);
  for (const auto* how : {"restart -m fast", "restart -m immediate"}) {
    const auto result = first.database(how);
    ASSERT_TRUE(result.ok()) << result.output;
    EXPECT_TRUE(soon([&] { return send({.url = first.http("/health")}).status == 200; }, seconds(3)));
    load.wait_for(200);
  }
  load.stop();
  EXPECT_EQ(load.others_than({200, 503}), "");
  EXPECT_GT(load.count(200), 300);
  expect_well_again();
  EXPECT_EQ(first.all_workers(), workers) << "a worker died of it";
}

TEST_F(DatabaseFaults, RestartedUnderAWritingLoadNothingIsAnswered500) {
  auto generate = form(first.http("/token/generate"), "user_id=42");
  generate.basic = client.basic();
  Load load(16, [generate] { return generate; });
  load.wait_for(100);
  ASSERT_TRUE(first.database("restart -m fast").ok());
  load.wait_for(300);
  load.stop();
  EXPECT_EQ(load.others_than({200, 503}), "");
  expect_well_again();
}

TEST_F(DatabaseFaults, StoppedItIs503WithRetryAfterAndWellAgainAfterwards) {
  const auto workers = first.all_workers();
  ASSERT_TRUE(first.database("stop -m fast").ok());
  let_the_map_get_stale();
  for (int i = 0; i < 5; ++i) expect_unavailable();
  ASSERT_TRUE(first.database("start").ok());
  expect_well_again();
  EXPECT_EQ(first.all_workers(), workers);
}

TEST_F(DatabaseFaults, FrozenItIs503WithinTheBoundAndWellAgainAfterwards) {
  const auto workers = first.all_workers();
  freeze();
  let_the_map_get_stale();
  expect_unavailable();
  thaw();
  expect_well_again();
  EXPECT_EQ(first.all_workers(), workers);
}

TEST_F(DatabaseFaults, FrozenUnderLoadNothingIsAnswered500) {
  Load load(16, [call = verify_call(pair.access)] { return call; });
  load.wait_for(200);
  freeze();
  std::this_thread::sleep_for(seconds(5));
  thaw();
  EXPECT_TRUE(soon([&] { return send({.url = first.http("/health")}).status == 200; }));
  load.wait_for(100);
  load.stop();
  EXPECT_EQ(load.others_than({200, 503}), "");
  expect_well_again();
}

TEST_F(DatabaseFaults, ARevocationThatWasAnsweredSurvivesACrash) {
  ASSERT_EQ(revoke(client, pair.access).status, 200);
  ASSERT_TRUE(first.database("restart -m immediate").ok());
  EXPECT_TRUE(soon([&] { return every_worker_is_well(first); }));
  EXPECT_FALSE(is_valid(pair.access));
}

TEST_F(DatabaseFaults, ACrashTakesTheFeedsMarkAndAnOrderlyRestartDoesNot) {
  const auto before = mark();
  ASSERT_FALSE(before.empty());
  ASSERT_TRUE(first.database("restart -m fast").ok());
  EXPECT_EQ(mark(), before);
  kill(children_of(first.postmaster()).front(), SIGKILL);
  EXPECT_TRUE(soon([&] { return !mark().empty() && mark() != before; }));
  expect_well_again();
}

TEST_F(DatabaseFaults, ARefreshThatWasInterruptedCanBeRepeated) {
  ASSERT_TRUE(first.database("stop -m fast").ok());
  EXPECT_EQ(send(refresh_call(pair.refresh)).status, 503);
  ASSERT_TRUE(first.database("start").ok());
  EXPECT_TRUE(soon([&] { return every_worker_is_well(first); }));
  EXPECT_EQ(send(refresh_call(pair.refresh)).status, 200);
}

}  // namespace
}  // namespace gatehouse::support
