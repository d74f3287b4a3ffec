// In the place of cmd/steps.cpp, in a worker for tests alone: it kills itself at the step of a refresh whose
// number stands in the file `die-at` beside the program.
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/log.h"
#include "cmd/steps.h"

namespace gatehouse::cmd {

std::function<void(flows::Step)> after_steps() {
  const auto file = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "die-at";
  return [file](flows::Step reached) {
    int step = -1;
    std::ifstream(file) >> step;
    if (step != static_cast<int>(reached)) return;
    // Some while the request is on its way, some when it has got there.
    if (reached == flows::Step::call_started)
      std::this_thread::sleep_for(std::chrono::milliseconds(getpid() % 60));
    log::info("dies", json::Object().add("step", step));
    raise(SIGKILL);
  };
}

}  // namespace gatehouse::cmd
