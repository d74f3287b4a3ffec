#include "tests/support/command.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <system_error>

namespace gatehouse::support {

namespace {

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (auto& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

pid_t start(std::vector<std::string> arguments, std::vector<std::string> environment, int output) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, 1);
  posix_spawn_file_actions_adddup2(&actions, output, 2);
  // A session of its own, so that its children can be killed with it, and because the kernel may share
  // processors out by session (sched_autogroup): within the test's, a script would stand behind each thread
  // of a load.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  pid_t pid = 0;
  const int problem = posix_spawnp(&pid, arguments.front().c_str(), &actions, &attributes,
                                   pointers_to(arguments).data(), pointers_to(environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (problem != 0) throw std::system_error(problem, std::generic_category(), arguments.front());
  return pid;
}

// False when the time was up.
bool read_until_end(int pipe, std::string& output, std::chrono::steady_clock::time_point deadline) {
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now())
            .count();
    pollfd ready{pipe, POLLIN, 0};
    if (left <= 0 || poll(&ready, 1, static_cast<int>(left)) <= 0) return false;
    char part[4096];
    const ssize_t count = read(pipe, part, sizeof part);
    if (count <= 0) return true;
    output.append(part, static_cast<std::size_t>(count));
  }
}

std::string variable(const char* name, const char* fallback) {
  const char* value = std::getenv(name);
  return std::string(name) + "=" + (value == nullptr ? fallback : value);
}

}  // namespace

CommandResult run_command(const std::vector<std::string>& arguments,
                          const std::map<std::string, std::string>& environment,
                          std::chrono::seconds patience) {
  std::vector<std::string> variables{variable("PATH", "/usr/bin:/bin"), variable("HOME", "/")};
  for (const auto& [name, value] : environment) variables.push_back(name + "=" + value);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  const pid_t pid = start(arguments, variables, ends[1]);
  close(ends[1]);
  CommandResult result;
  const bool ended = read_until_end(ends[0], result.output, std::chrono::steady_clock::now() + patience);
  close(ends[0]);
  if (!ended) {
    kill(-pid, SIGKILL);
    result.output += "\n(killed: it took too long)\n";
  }
  int status = 0;
  waitpid(pid, &status, 0);
  if (ended && WIFEXITED(status)) result.exit_status = WEXITSTATUS(status);
  return result;
}

}  // namespace gatehouse::support
