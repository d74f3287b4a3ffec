// Rotation under a race, and what the use of an old token costs.
#include <set>
#include <thread>

#include "tests/support/stack.h"

namespace gatehouse::support {
namespace {

class RefreshRace : public Stack {
 protected:
  std::vector<HttpAnswer> refresh_at_once(const std::string& token, std::size_t callers) const {
    return send_at_once(std::vector<HttpCall>(callers, refresh_call(token)));
  }
  Pair refreshed(const std::string& token) const { return pairs_in({send(refresh_call(token))}).at(0); }

  const ServiceClient client = new_client({"auth:token"});
  const Pair pair = new_pair(client);
};

TEST_F(RefreshRace, SixtyFourAtOnceGetTheVerySameSuccessor) {
  const auto pairs = pairs_in(refresh_at_once(pair.refresh, 64));
  ASSERT_EQ(pairs.size(), 64U);
  for (const auto& one : pairs) EXPECT_EQ(one, pairs.front());
  EXPECT_NE(pairs.front(), pair);
}

TEST_F(RefreshRace, NobodyIsSignedOutByTheRace) {
  const auto successor = pairs_in(refresh_at_once(pair.refresh, 64)).at(0);
  EXPECT_TRUE(is_valid(successor.access));
  EXPECT_TRUE(is_valid(pair.access));
  EXPECT_TRUE(is_valid(refreshed(successor.refresh).access));
}

TEST_F(RefreshRace, ARaceOverTwoInstancesHasOneWinnerToo) {
  const std::string body = "refresh_token=" + pair.refresh;
  const auto parameters =
      fastcgi_parameters("POST", "/token/refresh", "application/x-www-form-urlencoded", body);
  std::vector<std::string> bodies(32);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    const Instance instance = i % 2 == 0 ? first : Instance::second();
    threads.emplace_back([&, i, instance] {
      const auto answer = fastcgi_call(instance.socket("fast"), parameters, body);
      bodies[i] = answer ? answer->body : "no answer";
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(std::set<std::string>(bodies.begin(), bodies.end()).size(), 1U) << bodies.at(0) << bodies.at(1);
  EXPECT_NE(bodies.front().find("access_token"), std::string::npos);
}

TEST_F(RefreshRace, AParentWhoseSuccessorWasUsedEndsTheFamilyInEveryWorker) {
  const Pair second_pair = refreshed(pair.refresh);
  const Pair third_pair = refreshed(second_pair.refresh);
  EXPECT_EQ(send(refresh_call(pair.refresh)).status, 401);
  EXPECT_EQ(send(refresh_call(third_pair.refresh)).status, 401);
  const Instance other = Instance::second();
  for (const auto& token : {pair.access, second_pair.access, third_pair.access}) {
    for (int i = 0; i < 30; ++i) ASSERT_FALSE(is_valid(token));
    for (const auto* pool : kPools) {
      EXPECT_EQ(count_valid_at_pool(first, pool, token), 0) << pool;
      // Another host has 200 ms; how it keeps them is feed_test.cpp's matter.
      EXPECT_TRUE(soon([&] { return count_valid_at_pool(other, pool, token) == 0; })) << pool;
    }
  }
}

TEST_F(RefreshRace, SixtyFourAtOnceWithAnOldTokenAreAllRefused) {
  refreshed(refreshed(pair.refresh).refresh);
  for (const auto& answer : refresh_at_once(pair.refresh, 64))
    EXPECT_EQ(answer.status, 401) << answer.failure;
}

TEST_F(RefreshRace, OneFamilysEndLeavesAnotherOfTheSameUserAlone) {
  const Pair other = new_pair(client);
  refreshed(refreshed(pair.refresh).refresh);
  EXPECT_EQ(send(refresh_call(pair.refresh)).status, 401);
  EXPECT_TRUE(is_valid(other.access));
  EXPECT_EQ(send(refresh_call(other.refresh)).status, 200);
}

}  // namespace
}  // namespace gatehouse::support
