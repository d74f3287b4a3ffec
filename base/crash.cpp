#include "base/crash.h"

#include <unistd.h>

#include <array>
#include <csignal>
#include <string_view>

namespace gatehouse {

namespace {

struct Fault {
  int signal;
  std::string_view
      line;  // whole: nothing that puts one together may be called in a handler (signal-safety(7))
};
constexpr std::array kFaults{
    Fault{SIGSEGV, "{\"level\":\"error\",\"event\":\"crashed\",\"facts\":{\"signal\":\"SIGSEGV\"}}\n"},
    Fault{SIGABRT, "{\"level\":\"error\",\"event\":\"crashed\",\"facts\":{\"signal\":\"SIGABRT\"}}\n"},
    Fault{SIGBUS, "{\"level\":\"error\",\"event\":\"crashed\",\"facts\":{\"signal\":\"SIGBUS\"}}\n"},
    Fault{SIGFPE, "{\"level\":\"error\",\"event\":\"crashed\",\"facts\":{\"signal\":\"SIGFPE\"}}\n"},
    Fault{SIGILL, "{\"level\":\"error\",\"event\":\"crashed\",\"facts\":{\"signal\":\"SIGILL\"}}\n"},
};

extern "C" void report(int signal) {
  for (const auto& fault : kFaults) {
    // Where nobody reads the log there is nothing left to do but die.
    if (fault.signal == signal) [[maybe_unused]]
      const auto written = write(STDERR_FILENO, fault.line.data(), fault.line.size());
  }
  raise(signal);
}

}  // namespace

void report_crashes() {
  for (const auto& fault : kFaults) {
    struct sigaction watching {};
    if (sigaction(fault.signal, nullptr, &watching) != 0 || watching.sa_handler != SIG_DFL) continue;
    struct sigaction ours {};
    ours.sa_handler = report;
    ours.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);  // what the handler raises kills
    sigaction(fault.signal, &ours, nullptr);
  }
}

}  // namespace gatehouse
