#include "db/watchdog.h"

#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "base/error.h"

// glibc 2.36 has the field but not its name.
#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

namespace gatehouse::db {

namespace {

// Both calls are async-signal-safe.
void hang_up(int, siginfo_t* info, void*) {
  if (info->si_code != SI_TIMER) return;  // somebody's kill: it names no socket
  const int saved = errno;
  shutdown(info->si_value.sival_int, SHUT_RDWR);
  errno = saved;
}

[[noreturn]] void refuse(const char* call) {
  throw Error(Errc::internal, {}, std::string("watchdog: ") + call + ": errno " + std::to_string(errno));
}

itimerspec once(std::chrono::milliseconds after) {
  itimerspec when{};
  when.it_value.tv_sec = static_cast<time_t>(after.count() / 1000);
  when.it_value.tv_nsec = static_cast<long>(after.count() % 1000) * 1'000'000;
  return when;
}

}  // namespace

Watchdog::Watchdog(int socket) {
  struct sigaction action {};
  action.sa_sigaction = hang_up;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  if (sigaction(SIGRTMIN, &action, nullptr) != 0) refuse("sigaction");

  sigevent event{};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = SIGRTMIN;
  event.sigev_value.sival_int = socket;
  event.sigev_notify_thread_id = gettid();
  if (timer_create(CLOCK_MONOTONIC, &event, &timer_) != 0) refuse("timer_create");
}

Watchdog::~Watchdog() { timer_delete(timer_); }

// The calls below fail for invalid arguments only.
void Watchdog::arm(std::chrono::milliseconds patience) noexcept {
  // The worker keeps its signals blocked; this one must get in while libpq waits.
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, SIGRTMIN);
  pthread_sigmask(SIG_UNBLOCK, &only, nullptr);
  const itimerspec when = once(patience);
  timer_settime(timer_, 0, &when, nullptr);
}

bool Watchdog::disarm() noexcept {
  // A signal that was generated before this call is delivered before it returns: it is for this thread, and
  // not blocked. So none can come later, when the number of the socket may mean another one.
  const itimerspec never{};
  itimerspec left{};
  timer_settime(timer_, 0, &never, &left);
  return left.it_value.tv_sec == 0 && left.it_value.tv_nsec == 0;
}

}  // namespace gatehouse::db
