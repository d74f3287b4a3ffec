// The access log over the whole stack: what is written, when, and what a stop or a kill leaves of it.
#include <csignal>
#include <set>

#include "tests/support/stack.h"

namespace gatehouse::support {
namespace {

class AccessLogs : public Stack {
 protected:
  HttpCall call(const std::string& path, const std::string& bearer) const {
    return {.url = first.http(path), .headers = {"Authorization: Bearer " + bearer}};
  }
  // One request with the client's token that leaves a row.
  void ask(int times) const {
    for (int i = 0; i < times; ++i) EXPECT_EQ(send(call("/v1/internal/services", token)).status, 403);
  }
  HttpAnswer see(const ServiceClient& whose, const std::string& what) const {
    return send(call("/v1/internal/services/" + whose.id + what, admin_token));
  }
  HttpAnswer see(const std::string& what) const { return see(client, what); }
  std::int64_t total() const { return see("/statistics?since=1h").integer("total_requests").value_or(-1); }
  void fill(const ServiceClient& whose, const std::string& rows) const {
    const auto filled = first.script({"fill-access-log", rows, whose.id});
    ASSERT_TRUE(filled.ok()) << filled.output;
  }
  double fastest(const ServiceClient& whose, const std::string& what) const {
    double seconds = see(whose, what).seconds;
    for (int i = 0; i < 9; ++i) seconds = std::min(seconds, see(whose, what).seconds);
    return seconds;
  }

  const ServiceClient client = new_client({});
  const std::string token = service_token(client);
  const std::string admin_token = service_token(new_client({"internal:admin"}));
};

TEST_F(AccessLogs, RowsAndStatisticsAreThereWithinMoments) {
  ask(7);
  EXPECT_TRUE(soon([&] { return total() == 7; }));
  const auto rows = see("/logs").json();
  std::set<std::int64_t> ids;
  for (const auto& row : rows.root().items()) {
    ids.insert(row.find("id").value().integer().value());
    EXPECT_EQ(row.find("endpoint").value().text(), "/v1/internal/services");
    EXPECT_EQ(row.find("ip_address").value().text(), "127.0.0.1");
  }
  EXPECT_EQ(ids.size(), 7U);
}

TEST_F(AccessLogs, AnOrderlyStopOfAllWorkersLosesNoRow) {
  ask(40);
  for (const pid_t worker : first.all_workers()) kill(worker, SIGTERM);
  ask(10);
  EXPECT_TRUE(soon([&] { return total() == 50; })) << total();
}

TEST_F(AccessLogs, AKillLosesNoMoreThanTheLastMoment) {
  ask(20);
  EXPECT_TRUE(soon([&] { return total() == 20; }));
  for (const pid_t worker : first.all_workers()) kill(worker, SIGKILL);
  EXPECT_TRUE(soon([&] { return total() == 20; })) << total();
}

TEST_F(AccessLogs, RowsOutliveARestartOfPostgresql) {
  ask(5);
  EXPECT_TRUE(first.database("restart -m fast").ok());
  EXPECT_TRUE(soon([&] { return total() == 5; })) << total();
}

// Both have rows in every hour of the same weeks, the second ten times as many.
TEST_F(AccessLogs, TenTimesTheRowsCostTheSame) {
  const ServiceClient many = new_client({});
  fill(client, "20000");
  fill(many, "200000");
  EXPECT_EQ(see(many, "/statistics?since=90d").integer("total_requests"), 200'000);
  EXPECT_LT(fastest(many, "/statistics?since=90d"), 3 * fastest(client, "/statistics?since=90d"));
  EXPECT_LT(fastest(many, "/logs?limit=50&cursor=20"), 3 * fastest(client, "/logs?limit=50"));
}

}  // namespace
}  // namespace gatehouse::support
