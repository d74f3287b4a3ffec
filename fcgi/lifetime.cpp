#include "fcgi/lifetime.h"

#include <fcgiapp.h>
#include <pthread.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>
#include <thread>

#include "base/log.h"

namespace gatehouse::fcgi {

namespace {

constexpr std::array kStopSignals{SIGTERM, SIGINT, SIGUSR1};  // the last is what multiwatch sends

bool is_listening(int descriptor) {
  int listening = 0;
  socklen_t size = sizeof listening;
  return getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening != 0;
}

bool block_stop_signals() {
  std::signal(SIGPIPE, SIG_IGN);  // a client that went away is a failed write
  sigset_t stop;
  sigemptyset(&stop);
  for (const int signal : kStopSignals) sigaddset(&stop, signal);
  return pthread_sigmask(SIG_BLOCK, &stop, nullptr) == 0;
}

}  // namespace

std::string_view prepare() {
  if (!is_listening(kListeningSocket)) return "descriptor 0 is no listening socket";
  if (!block_stop_signals()) return "the signal mask";
  if (FCGX_Init() != 0) return "FCGX_Init";
  return {};
}

bool is_told_to_stop() {
  sigset_t pending;
  if (sigpending(&pending) != 0) return true;
  return std::any_of(kStopSignals.begin(), kStopSignals.end(),
                     [&pending](int signal) { return sigismember(&pending, signal) == 1; });
}

bool outlives(int problem, std::chrono::milliseconds tick) {
  // A connection's own problem, of which accept tells (accept(2)).
  constexpr std::array kOfOne{ECONNABORTED, ECONNRESET, EPROTO, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH};
  if (problem == EAGAIN || std::find(kOfOne.begin(), kOfOne.end(), problem) != kOfOne.end()) return true;
  errno = problem;
  if (problem != EMFILE && problem != ENFILE && problem != ENOBUFS && problem != ENOMEM) return false;
  log::error("accept_failed", json::Object().add("cause", std::strerror(problem)));
  std::this_thread::sleep_for(tick);  // the connection still waits
  return true;
}

int fail(std::string_view what) {
  log::error("worker_cannot_serve",
             json::Object().add("cause", std::string(what) + ": " + std::strerror(errno)));
  // The supervisor starts another one at once: not a thousand times a second.
  std::this_thread::sleep_for(std::chrono::seconds(1));
  return 1;
}

}  // namespace gatehouse::fcgi
