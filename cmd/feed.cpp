// The feed: keeps what the workers of this host know of revocations fresh, one process per host.
#include <sys/file.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <optional>
#include <stdexcept>

#include <CLI/CLI.hpp>

#include "base/crash.h"
#include "base/error.h"
#include "base/log.h"
#include "cmd/process.h"
#include "flows/feed.h"

namespace {

using namespace gatehouse;

volatile std::sig_atomic_t told_to_stop = 0;

// Without SA_RESTART: what waits is to end.
void stop_on_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { told_to_stop = 1; };
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1}) sigaction(signal, &action, nullptr);
}

// One writes; another that was started beside it waits for its end and takes over. Nothing: told to stop
// meanwhile.
class Turn {
 public:
  static std::optional<Turn> take(const std::string& run_dir) {
    const std::string file = run_dir + "/feed.lock";
    const int lock = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lock < 0) throw ConfigError("GATEHOUSE_RUN_DIR: cannot write " + file + "\n");
    for (; told_to_stop == 0; usleep(20'000)) {
      if (flock(lock, LOCK_EX | LOCK_NB) == 0) return Turn(lock);
    }
    return std::nullopt;
  }
  // Not where somebody took the lock's file away, so that a second feed may be writing, too.
  bool is_ours() const {
    struct stat about {};
    return fstat(lock_, &about) == 0 && about.st_nlink != 0;
  }

 private:
  explicit Turn(int lock) : lock_(lock) {}
  int lock_;  // until the process ends
};

int run(const std::string& settings) {
  const Config config = cmd::load_settings_file(settings);
  db::Connection db = cmd::connect_as_worker(config, "gatehouse feed");
  const auto turn = Turn::take(config.run_dir);
  if (!turn) return 0;
  const SystemClock clock;
  flows::Feed feed(db, config.run_dir, clock);
  const cmd::PidFile pid_file(config.run_dir, "feed");
  bool well = true;
  while (told_to_stop == 0) {
    if (!turn->is_ours())
      throw std::runtime_error("somebody took feed.lock away: another feed may be running");
    try {
      feed.round();
      if (!well) log::info("feed_is_back", {});
      well = true;
    } catch (const Error& error) {
      if (well) log::error("feed_cannot_read", json::Object().add("why", error.cause()));
      well = false;
    }
    feed.wait();
  }
  return 0;
}

}  // namespace

// What is thrown while the arguments are being described ends the program, as it should.
// NOLINTNEXTLINE(bugprone-exception-escape)
int main(int argc, char** argv) {
  CLI::App arguments("Gatehouse feed of revocations; started by scripts/up");
  std::string settings;
  arguments.add_option("--settings", settings, "the file that scripts/up wrote")->required();
  CLI11_PARSE(arguments, argc, argv);
  stop_on_signals();
  gatehouse::report_crashes();
  gatehouse::log::start("feed", "");
  try {
    return run(settings);
  } catch (const std::exception& error) {
    return gatehouse::cmd::fail_to_start(error.what());
  }
}
