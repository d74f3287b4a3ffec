// The filter between nginx and its error log: it may hang or die, and neither the front door nor the log ends
// with it.
#include <algorithm>
#include <csignal>

#include "tests/support/stack.h"

namespace gatehouse::support {
namespace {

class ErrorLog : public Stack {
 protected:
  static std::vector<pid_t> with_command(const Instance& instance, const std::string& words) {
    auto pids = instance.processes();
    std::erase_if(pids, [&](pid_t pid) { return command_of(pid).find(words) == std::string::npos; });
    return pids;
  }
  static std::vector<pid_t> filters(const Instance& instance) {
    return with_command(instance, "/usr/bin/perl " + instance.state() + "/release/bin/scrub-nginx-errors");
  }
  static void kill_all(const std::vector<pid_t>& pids, int signal) {
    for (const pid_t pid : pids) kill(pid, signal);
  }

  // nginx refuses such a body, and says so in its error log.
  static HttpCall too_large(const Instance& instance, const std::string& path) {
    return json_call(instance.http(path + "?token=abc"), std::string(std::size_t{65} * 1024, ' '));
  }
  // In a path of its own, so that it is found again.
  static bool is_logged(const Instance& instance, const std::string& path) {
    EXPECT_EQ(send(too_large(instance, path)).status, 413);
    return soon([&] { return !instance.log_lines("nginx-error.log", path + "?...").empty(); });
  }
};

TEST_F(ErrorLog, AFilterThatHangsStopsNobody) {
  const auto hanging = filters(first);
  ASSERT_EQ(hanging.size(), 1U);
  kill_all(hanging, SIGSTOP);
  // Each is a line of about 200 bytes, and the pipe holds 64 KiB.
  const auto answers = send_at_once(std::vector<HttpCall>(600, too_large(first, "/hangs")));
  kill_all(hanging, SIGCONT);
  EXPECT_EQ(std::count_if(answers.begin(), answers.end(), [](const auto& a) { return a.status == 413; }),
            600);
  EXPECT_TRUE(is_logged(first, "/hangs/no/more"));
}

TEST_F(ErrorLog, AFilterThatIsKilledComesBack) {
  const auto killed = filters(first);
  ASSERT_EQ(killed.size(), 1U);
  kill_all(killed, SIGKILL);
  // What comes between the signal and the end may be in the dying one's hands, and is lost with it.
  ASSERT_TRUE(soon([&] { return filters(first) != killed; }));
  EXPECT_TRUE(is_logged(first, "/killed"));
}

TEST_F(ErrorLog, UpBringsBackAFilterThatNobodyWatchesOverAnyMore) {
  const Instance third = Instance::third();
  const auto master = third.nginx_master();
  kill_all(with_command(third, "/usr/bin/multiwatch -f 1 -r 1000000 -- " + third.state() +
                                   "/release/bin/scrub-nginx-errors"),
           SIGKILL);
  kill_all(filters(third), SIGKILL);
  const auto result = third.up();
  ASSERT_TRUE(result.ok()) << result.output;
  EXPECT_TRUE(result.says("the filter of its error log is gone"));
  EXPECT_TRUE(is_logged(third, "/mended"));
  EXPECT_EQ(third.nginx_master(), master);
}

// As if somebody before it had been killed over the line.
TEST_F(ErrorLog, WhatIsNoWholeLineOfNginxsIsLeftOut) {
  const std::string pipe = test_folder() + "/errors.pipe";
  const std::string filter =
      R"(mkfifo "$1"; exec 3<>"$1"; printf '%s\n' 'tail-of-a-token' '2026/01/01 00:00:00 [warn] a?b' >&3; )"
      R"(timeout 2 "$0/scripts/scrub-nginx-errors" "$1"; rm -f "$1")";
  const auto result = run_command({"bash", "-c", filter, GATEHOUSE_SOURCE_DIR, pipe});
  EXPECT_EQ(result.output, "...\n2026/01/01 00:00:00 [warn] a?...\n");
}

}  // namespace
}  // namespace gatehouse::support
