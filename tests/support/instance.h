// An installation that scripts/test has started: found by its .env file, driven by the scripts, watched from
// outside.
#pragma once

#include <sys/types.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/config.h"
#include "tests/support/command.h"

namespace gatehouse::support {

inline constexpr std::array kPools{"check", "read", "fast", "hash", "outbound"};

class Instance {
 public:
  // scripts/test exports these paths; each of the three throws and says so where it has not.
  static Instance first();   // no rate limits; the one that most tests talk to
  static Instance second();  // on the database of the first, with low limits
  static Instance third();   // on its own; its settings may be changed
  // A new one below the tests' folder, which nobody has started. Gone at the end of the test, see Scratch.
  static Instance not_started(const std::string& name, Environment settings);

  explicit Instance(std::string env_file);

  std::string setting(const std::string& name) const { return settings_.at(name); }
  int port(const std::string& name) const { return std::stoi(settings_.at(name)); }
  int http_port() const { return port("GATEHOUSE_HTTP_PORT"); }
  int https_port() const { return port("GATEHOUSE_HTTPS_PORT"); }
  int coze_port() const { return port("GATEHOUSE_COZE_PORT"); }
  std::string http(const std::string& path) const;
  std::string https(const std::string& path) const;
  std::string coze(const std::string& path) const;
  std::string state() const { return settings_.at("GATEHOUSE_STATE_DIR"); }
  std::string certificate() const { return state() + "/tls/certificate.pem"; }
  std::string socket(std::string_view pool) const;
  const std::string& env_file() const { return env_file_; }

  // scripts/<the first argument>, with this instance's .env and nothing of our environment.
  CommandResult script(std::vector<std::string> arguments) const;
  CommandResult up(const std::vector<std::string>& arguments = {}) const;
  CommandResult gatehouse(std::vector<std::string> arguments) const;
  // `start`, `stop -m fast`, `restart -m fast` of the private PostgreSQL.
  CommandResult database(const std::string& what) const;

  std::vector<pid_t> workers(std::string_view pool) const;  // by their pid files
  std::vector<pid_t> all_workers() const;
  std::vector<pid_t> keepers() const;
  std::vector<pid_t> feeds() const;
  // As many of these are ready as their supervisors were told to keep: one that was ended is back.
  bool is_whole() const;
  pid_t nginx_master() const;
  pid_t postmaster() const;
  std::vector<pid_t> processes() const;  // all of them: whatever has its working folder in the state folder

  // The lines of a log file that have this text in them.
  std::vector<std::string> log_lines(const std::string& file, std::string_view text) const;
  // The names of all log files that have this text in them.
  std::vector<std::string> logs_with(std::string_view text) const;

 private:
  std::vector<pid_t> by_pid_files(const std::string& prefix) const;
  std::string env_file_;
  Environment settings_;
};

// The tests' own folder (GATEHOUSE_TEST_FOLDER), in everybody's reach.
std::string test_folder();
// The folder of the programs under test.
std::string test_binaries();

std::vector<pid_t> children_of(pid_t parent);
// What /proc says: "cmdline", "environ", "status"; empty where the process is gone.
std::string process_file(pid_t pid, const std::string& name);
// Its command line, with spaces between the words.
std::string command_of(pid_t pid);
bool is_alive(pid_t pid);
// Under root: as the workers' system user does who has been taken over.
CommandResult as_workers_user(std::vector<std::string> command);
// A port that nobody listens on now.
int free_port();

}  // namespace gatehouse::support
