// Workers of two instances that are killed at each step of a refresh, a hundred times at each: what it costs
// is the time of a lease.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "flows/vault.h"
#include "tests/support/vault_stack.h"

namespace gatehouse::support {
namespace {

using flows::Step;
using std::chrono::seconds;
namespace fs = std::filesystem;

constexpr seconds kLease{30};

class VaultDeaths : public VaultStack {
 protected:
  static constexpr std::size_t kTimes = 100;

  // For the time of the test the supervisors of both outbound pools find a worker that can be told to die.
  VaultDeaths() {
    for (const auto* instance : both_) {
      const auto bin = bin_of(*instance);
      fs::copy_file(fs::path(std::getenv("GATEHOUSE_TEST_BINARIES")) / "dying_worker", bin / "worker.dying");
      fs::create_hard_link(bin / "worker", bin / "worker.kept");
      fs::rename(bin / "worker.dying", bin / "worker");
      replace_workers(*instance);
    }
  }
  ~VaultDeaths() override {
    for (const auto* instance : both_) {
      const auto bin = bin_of(*instance);
      fs::remove(bin / "die-at");
      fs::rename(bin / "worker.kept", bin / "worker");
      replace_workers(*instance);
    }
  }

  void kill_at(Step step) const {
    for (const auto* instance : both_) std::ofstream(bin_of(*instance) / "die-at") << static_cast<int>(step);
  }
  void kill_nobody() const {
    for (const auto* instance : both_) fs::remove(bin_of(*instance) / "die-at");
  }
  std::size_t deaths() const {
    std::size_t all = 0;
    for (const auto* instance : both_)
      all += instance->log_lines("worker-outbound.log", R"("event":"dies")").size();
    return all;
  }
  std::vector<HttpAnswer> refresh_all(const std::vector<std::string>& users) const {
    std::vector<HttpCall> calls;
    for (const auto& user : users) {
      calls.push_back(refresh_call(*both_[calls.size() % 2], user));
      // The second instance has low limits: each call from an address of its own.
      calls.back().source = "127.8.1." + std::to_string(calls.size());
    }
    return send_at_once(calls);
  }
  // These records, each with the death of the worker that refreshes it.
  std::vector<std::string> refreshed_by_the_dying(Step step) {
    std::vector<std::string> users;
    while (users.size() < kTimes) users.push_back(new_user(seconds(3600)));
    const auto before = deaths();
    kill_at(step);
    for (const auto& answer : refresh_all(users))
      EXPECT_EQ(answer.status, 502) << answer.body << answer.failure;
    kill_nobody();
    EXPECT_EQ(deaths() - before, kTimes);
    return users;
  }

 private:
  static fs::path bin_of(const Instance& instance) { return instance.state() + "/release/bin"; }
  static void replace_workers(const Instance& instance) {
    const auto before = instance.workers("outbound");
    for (const pid_t worker : before) kill(worker, SIGTERM);
    EXPECT_TRUE(soon([&] {
      const auto now = instance.workers("outbound");
      return now.size() == before.size() &&
             std::find_first_of(now.begin(), now.end(), before.begin(), before.end()) == now.end();
    }));
  }

  const std::array<const Instance*, 2> both_{&first, &second};
};

TEST_F(VaultDeaths, AWorkerKilledAtAnyStepAHundredTimesLosesNoGrant) {
  std::vector<std::vector<std::string>> by_step;
  for (const Step step :
       {Step::lease_taken, Step::intent_committed, Step::call_started, Step::answered, Step::stored})
    by_step.push_back(refreshed_by_the_dying(step));
  // What was stored is there at once; the rest when the last lease has run out, for whoever asks or keeps.
  EXPECT_THAT(send(read_call(by_step.back().front())).text("access_token"),
              ::testing::StartsWith("upstream-access-"));
  std::this_thread::sleep_for(kLease + seconds(1));
  for (const auto& users : by_step) {
    for (const auto& answer : refresh_all(users)) {
      EXPECT_EQ(answer.status, 200) << answer.body << answer.failure;
      EXPECT_THAT(answer.text("access_token"), ::testing::StartsWith("upstream-access-"));
      EXPECT_TRUE(provider.accepts(answer.text("refresh_token")));
    }
  }
  EXPECT_EQ(provider.thefts(), 0);
}

}  // namespace
}  // namespace gatehouse::support
