// What the death of a process costs, at whatever step of a refresh: the time of its lease, and nothing else.
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <stdexcept>
#include <thread>

#include "tests/support/vault_test.h"

namespace gatehouse::flows {
namespace {

using std::chrono::milliseconds;
using testing::IsEmpty;
using testing::StartsWith;

class VaultDeaths : public support::VaultTest, public testing::WithParamInterface<Step> {
 protected:
  static constexpr int kTimes = 100;
  static constexpr int kAtOnce = 25;

  // Processes, one for each record, that are killed with SIGKILL at that step. One that was forked while a
  // thread of the provider's held a lock has inherited the lock and nobody who opens it: it hangs, and
  // another one takes its place.
  void die(const std::vector<std::string>& users) {
    std::vector<std::string> left = users;
    for (int i = 0; i < 3 && !left.empty(); ++i) left = those_that_hang(left);
    EXPECT_THAT(left, IsEmpty());
  }

 private:
  static constexpr unsigned kHangs = 60;  // seconds

  // They start when all are there, so that the provider has nothing to do while they are forked.
  std::vector<std::string> those_that_hang(const std::vector<std::string>& users) {
    std::array<int, 2> gun{};
    if (pipe(gun.data()) != 0) throw std::runtime_error("pipe");
    std::vector<pid_t> children;
    for (const auto& user : users) {
      const pid_t child = fork();
      if (child == 0) {
        char nothing = 0;
        close(gun[1]);
        alarm(kHangs);
        // Nothing of the test itself may run on in it, whatever goes wrong.
        if (read(gun[0], &nothing, 1) == 0) support::refusal([&] { die_in_child(user); });
        _exit(1);
      }
      children.push_back(child);
    }
    close(gun[0]);
    close(gun[1]);
    std::vector<std::string> hanging;
    for (std::size_t i = 0; i < children.size(); ++i) {
      int status = 0;
      waitpid(children[i], &status, 0);
      const int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
      if (signal == SIGALRM) hanging.push_back(users[i]);
      EXPECT_TRUE(signal == SIGKILL || signal == SIGALRM) << status;
    }
    return hanging;
  }

  void die_in_child(const std::string& user) {
    db::Connection db = support::connected_worker();
    outbound::CurlHttps own_https(provider.ca_file());
    Vault own{db, own_https, providers, seal, clock};
    own.after = [](Step reached) {
      if (reached != GetParam()) return;
      // Some while the request is on its way, some when it has got there.
      if (reached == Step::call_started) std::this_thread::sleep_for(milliseconds(getpid() % 60));
      raise(SIGKILL);
    };
    ensure_fresh(own, actor, user, Wish::when_dying);
  }
};
INSTANTIATE_TEST_SUITE_P(AtEveryStep, VaultDeaths,
                         testing::Values(Step::lease_taken, Step::intent_committed, Step::call_started,
                                         Step::answered, Step::stored));

TEST_P(VaultDeaths, AProcessThatIsKilledLosesNoGrant) {
  for (int round = 0; round < kTimes / kAtOnce; ++round) {
    std::vector<std::string> users;
    for (int i = 0; i < kAtOnce; ++i) users.push_back(new_record());
    die(users);
    if (GetParam() != Step::stored) {
      EXPECT_EQ(ensure(users.front(), Wish::when_dying, milliseconds(1)).freshness, Freshness::temporary);
      later(Seconds(31));
    }
    for (const auto& user : users) {
      EXPECT_EQ(ensure(user).freshness, Freshness::good);
      EXPECT_TRUE(holds_a_good_grant(user));
      EXPECT_THAT(access_token(user), StartsWith("upstream-access-"));
    }
    // The round after: what is stored is what the provider takes.
    later(Seconds(28790));
    EXPECT_EQ(ensure(users.front()).freshness, Freshness::good);
  }
  EXPECT_EQ(provider.thefts(), 0);
}

}  // namespace
}  // namespace gatehouse::flows
