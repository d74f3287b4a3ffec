// One upstream that hangs: the others are served by the same pool of workers, and whoever waits for it is
// told soon.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "base/json.h"
#include "tests/support/providers.h"
#include "tests/support/vault_stack.h"

namespace gatehouse::support {
namespace {

using std::chrono::seconds;
using ::testing::AnyOf;

class Shares : public VaultStack, protected CozeBeside {
 protected:
  static constexpr int kCallers = 32;
  static constexpr double kServed = 3.0 * kSlowness;  // in so many seconds

  Shares() : CozeBeside(first, 90) {}

  HttpCall coze_call(int kid) const {
    return exchange(kids[static_cast<std::size_t>(kid)], first.coze("/token"));
  }
  void expect_served(const HttpCall& call) const {
    const auto answer = send(call);
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_LT(answer.seconds, kServed);
  }
  // Not one is cut off, and most are told at once.
  static void expect_told(const std::vector<HttpAnswer>& answers, int when_asked, double within) {
    int late = 0;
    for (const auto& answer : answers) {
      EXPECT_THAT(answer.status, AnyOf(503, when_asked)) << answer.body << answer.failure;
      EXPECT_EQ(answer.header("retry-after").has_value(), answer.status == 503);
      EXPECT_LT(answer.seconds, within);
      if (answer.seconds > kServed) ++late;
    }
    EXPECT_LE(late, 4);
  }
};

TEST_F(Shares, AProviderThatHangsLeavesWorkersToCozeAndToOtherProviders) {
  std::vector<HttpCall> calls;
  for (int i = 0; i < kCallers; ++i) calls.push_back(refresh_call(first, new_user(seconds(3600))));
  const auto other = new_user(seconds(3600), "generic");
  const auto handle = new_handle(new_user(seconds(30), "generic"));
  provider.hang_for(R"("client_id":"ownerapi")", seconds(30));
  std::vector<HttpAnswer> answers;
  std::thread crowd([&] { answers = send_at_once(calls); });
  EXPECT_TRUE(soon([&] { return provider.calls() >= 4; }));
  for (int i = 0; i < 5; ++i) expect_served(coze_call(i));
  expect_served(refresh_call(first, other));
  expect_served(teslamate_call(first, handle));
  crowd.join();
  // Those that ask wait for ten seconds, which is their patience.
  expect_told(answers, 503, 11.0 * kSlowness);
}

TEST_F(Shares, ACozeThatHangsLeavesWorkersToProvidersAndEverybodyIsAnsweredInTime) {
  const auto user = new_user(seconds(3600));
  const auto kept = coze_call(80);
  EXPECT_EQ(send(kept).status, 200);
  coze.be(CozeStandIn::Mood::hanging);
  std::vector<HttpCall> calls;
  for (int i = 0; i < 80; ++i) calls.push_back(coze_call(i));
  std::vector<HttpAnswer> answers;
  std::thread crowd([&] { answers = send_at_once(calls); });
  EXPECT_TRUE(soon([&] { return coze.asked() >= 5; }));
  expect_served(refresh_call(first, user));
  for (int i = 0; i < 5; ++i) expect_served(kept);
  crowd.join();
  expect_told(answers, 500, 13.0 * kSlowness);
  EXPECT_EQ(coze.asked(), 5);
}

// More at once than there are places, one after the other.
TEST_F(Shares, ThirtyTwoCallersOnDifferentRecordsOfAProviderThatIsWellAreAllServed) {
  provider.from_now_on(Mishap::slow, std::chrono::milliseconds(400));
  std::vector<HttpCall> calls;
  for (int i = 0; i < kCallers; ++i) calls.push_back(refresh_call(first, new_user(seconds(3600))));
  for (const auto& answer : send_at_once(calls)) EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(provider.calls(), kCallers);
}

}  // namespace
}  // namespace gatehouse::support
