// Hangs up on a PostgreSQL that neither answers nor closes the connection (stopped, or its machine frozen).
// libpq waits for ever for an answer, statement_timeout is kept by the server that hangs, and TCP's own
// limits do not see it, as the kernel still acknowledges. So a timer of this thread shuts the socket down
// when the patience ends, and libpq finds the connection closed, as if the server had done it. The signal is
// SIGRTMIN; it comes only while the watchdog is armed, so it never disturbs the reading of a request.
#pragma once

#include <ctime>

#include <chrono>

namespace gatehouse::db {

// For one socket, in the thread that made it; must go before the socket is closed.
class Watchdog {
 public:
  explicit Watchdog(int socket);
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  ~Watchdog();

  void arm(std::chrono::milliseconds patience) noexcept;
  // True where the patience had ended and the socket was shut down. No signal comes after this.
  bool disarm() noexcept;

 private:
  timer_t timer_{};
};

}  // namespace gatehouse::db
