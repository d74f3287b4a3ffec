// The background process: erases what has served its time, in small batches, and makes log partitions ahead.
#include <csignal>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/log.h"
#include "cmd/process.h"
#include "flows/housekeeping.h"

namespace {

using namespace gatehouse;

// Waits for a signal to stop, and for a second at most.
bool told_to_stop(const sigset_t& signals) {
  const timespec second{1, 0};
  return sigtimedwait(&signals, nullptr, &second) > 0;
}

int run(const std::string& settings, const sigset_t& signals) {
  const Config config = cmd::load_settings_file(settings);
  const cmd::PidFile pid_file(config.run_dir, "keeper");
  const SystemClock clock;
  db::Connection db = cmd::connect_as_worker(config, "gatehouse keeper");
  flows::Housekeeping housekeeping(cmd::retention(config));
  while (!told_to_stop(signals)) {
    try {
      housekeeping.round(db, clock.now());
    } catch (const Error& error) {
      log::error("housekeeping", json::Object().add("why", error.what()));
    }
  }
  return 0;
}

}  // namespace

// What is thrown while the arguments are being described ends the program, as it should.
// NOLINTNEXTLINE(bugprone-exception-escape)
int main(int argc, char** argv) {
  CLI::App arguments("Gatehouse background process; started by scripts/up");
  std::string settings;
  arguments.add_option("--settings", settings, "the file that scripts/up wrote")->required();
  CLI11_PARSE(arguments, argc, argv);
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1}) sigaddset(&signals, signal);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  gatehouse::log::start("keeper", "");
  try {
    return run(settings, signals);
  } catch (const std::exception& error) {
    return gatehouse::cmd::fail_to_start(error.what());
  }
}
