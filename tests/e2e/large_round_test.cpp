// A hundred thousand revocations in one transaction: in force soon on every host, and never a wrong yes on
// the way, also where the feed is killed over it.
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "base/base64.h"
#include "flows/revocations.h"
#include "tests/support/load.h"
#include "tests/support/stack.h"

namespace gatehouse::support {
namespace {

using std::chrono::milliseconds;

enum class Told { yes, no, unavailable };

class LargeRound : public Stack {
 protected:
  ~LargeRound() override { run_sql("DELETE FROM gatehouse.revocations WHERE key LIKE '%" + mark + "'"); }

  static void run_sql(const std::string& sql) {
    const auto done = run_command(
        {"psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", std::getenv("GATEHOUSE_TEST_DB"), "-c", sql});
    ASSERT_TRUE(done.ok()) << done.output;
  }
  static std::string key_of(const std::string& access_token) {
    const auto dot = access_token.find('.') + 1;
    const auto claims = base64url_decode(access_token.substr(dot, access_token.find('.', dot) - dot));
    return "token:" + HttpAnswer{.body = claims.value()}.text("jti");
  }
  // After a hundred thousand others: the one that is left out where a round takes only as many as it reads as
  // changes, see flows/feed.
  void revoke_after_many(const std::string& access_token) const {
    const std::string many =
        "'token:many' || n || '" + mark + "' AS key FROM generate_series(1, 100000) AS n";
    run_sql(
        "INSERT INTO gatehouse.revocations (key, min_version, effective_at, expires_at) "
        "SELECT key, 1, 'epoch', now() + interval '15 minutes' "
        "FROM (SELECT " +
        many + " UNION ALL SELECT '" + key_of(access_token) + "') AS k");
  }
  // Straight at the pool: the second instance's nginx has low limits.
  static Told ask(const Instance& instance, const std::string& access_token) {
    const std::string body = R"({"token":")" + access_token + R"("})";
    const auto parameters = fastcgi_parameters("POST", "/token/verify", "application/json", body);
    const auto answer = fastcgi_call(instance.socket("fast"), parameters, body);
    if (answer && answer->status == 503) return Told::unavailable;
    EXPECT_TRUE(answer && answer->status == 200);
    return answer && answer->body.find(R"("is_valid":true)") != std::string::npos ? Told::yes : Told::no;
  }
  HttpCall gate_call(const std::string& access_token) const {
    return {.url = first.http("/behind/any"), .headers = {"Authorization: Bearer " + access_token}};
  }
  void expect_refused_in_every_pool(const Instance& instance, const std::string& access_token) const {
    EXPECT_TRUE(soon([&] { return ask(instance, good) == Told::yes; }));
    for (const auto* pool : kPools)
      EXPECT_EQ(count_valid_at_pool(instance, pool, access_token), 0) << instance.http("") << pool;
  }
  // Each while it reads everything anew, a tenth of a second later in it than the one before; how many it
  // came to.
  int kill_feeds_over_it(std::size_t most, const std::atomic<bool>& enough) const {
    const auto file = flows::Revocations::map_file(first.state() + "/run/workers");
    const auto is_over_it = [&] {
      const auto map = flows::RevocationMap::open(file);
      return map && map->next() == 0;
    };
    std::vector<pid_t> killed;
    for (; killed.size() < most && !enough; std::this_thread::sleep_for(milliseconds(1))) {
      const auto feeds = first.feeds();
      if (feeds.size() != 1 || (!killed.empty() && feeds.front() == killed.back()) || !is_over_it()) continue;
      std::this_thread::sleep_for(milliseconds(100) * killed.size());
      kill(feeds.front(), SIGKILL);
      killed.push_back(feeds.front());
    }
    return static_cast<int>(killed.size());
  }
  // From the first answer on nobody may get in who was revoked before it.
  bool is_in_force(const std::string& access_token) {
    const auto told = ask(first, access_token);
    wrong_yes += told == Told::yes ? 1 : 0;
    return told == Told::no;
  }

  // Of this run: the maps remember the keys of one before.
  const std::string mark = "_" + std::to_string(getpid());
  const ServiceClient client = new_client({"auth:token"});
  const std::string good = new_pair(client).access;
  const std::string bad = new_pair(client).access;
  const std::string mine = new_pair(client).access;
  const std::string ended = new_pair(client).access;
  int wrong_yes = 0;
};

TEST_F(LargeRound, IsInForceOnEveryHostSoonAndChecksGoOnMeanwhile) {
  ASSERT_EQ(revoke(client, ended).status, 200);
  ASSERT_EQ(ask(Instance::second(), bad), Told::yes);
  revoke_after_many(bad);
  Load checks(4, [call = verify_call(good)] { return call; });
  Load refused(2, [call = gate_call(ended)] { return call; });
  EXPECT_EQ(revoke(client, mine).status, 200);
  EXPECT_TRUE(soon([&] { return is_in_force(mine) && is_in_force(bad); }));
  EXPECT_TRUE(soon([&] { return ask(Instance::second(), bad) == Told::no; }));
  checks.stop();
  refused.stop();
  EXPECT_EQ(wrong_yes, 0);
  EXPECT_EQ(checks.others_than({200, 503}), "");
  EXPECT_EQ(refused.others_than({401, 503}), "");
  for (const auto& instance : {first, Instance::second()}) expect_refused_in_every_pool(instance, bad);
}

// Each of them dies over the round that would have it in force.
TEST_F(LargeRound, OverWhichTheFeedIsKilledAgainAndAgainIsInForceAllTheSame) {
  ASSERT_EQ(revoke(client, ended).status, 200);
  int killed = 0;
  std::atomic<bool> enough = false;
  std::thread killer([&] { killed = kill_feeds_over_it(3, enough); });
  revoke_after_many(bad);
  Load checks(4, [call = verify_call(good)] { return call; });
  Load refused(2, [call = gate_call(ended)] { return call; });
  EXPECT_EQ(revoke(client, mine).status, 200);
  EXPECT_TRUE(soon([&] { return is_in_force(mine) && is_in_force(bad); }));
  enough = true;
  killer.join();
  EXPECT_EQ(killed, 3);
  checks.stop();
  refused.stop();
  EXPECT_EQ(wrong_yes, 0);
  EXPECT_EQ(checks.others_than({200, 503}), "");
  EXPECT_EQ(refused.others_than({401, 503}), "");
  for (const auto& token : {bad, mine, ended}) expect_refused_in_every_pool(first, token);
}

}  // namespace
}  // namespace gatehouse::support
