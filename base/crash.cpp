#include "base/crash.h"

#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string_view>

#include "base/log.h"

namespace gatehouse {

namespace {

struct Fault {
  int signal;
  std::string_view name;
};
constexpr std::array kFaults{Fault{SIGSEGV, "SIGSEGV"}, Fault{SIGABRT, "SIGABRT"}, Fault{SIGBUS, "SIGBUS"},
                             Fault{SIGFPE, "SIGFPE"}, Fault{SIGILL, "SIGILL"}};

iovec piece(std::string_view text) { return {const_cast<char*>(text.data()), text.size()}; }

// In one call, and put together by the kernel: nothing that could do it may be called here
// (signal-safety(7)).
void write_line(std::string_view name) {
  const std::array line{piece(log::kept()),
                        piece(R"({"level":"error","event":"crashed","facts":{"signal":")"), piece(name),
                        piece("\"}}\n")};
  // Where nobody reads the log there is nothing left to do but die.
  [[maybe_unused]] const auto written = writev(STDERR_FILENO, line.data(), static_cast<int>(line.size()));
}

extern "C" void report(int signal) {
  for (const auto& fault : kFaults) {
    if (fault.signal == signal) write_line(fault.name);
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
