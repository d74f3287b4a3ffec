#include "fcgi/worker.h"

#include <fcgiapp.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <chrono>

#include "fcgi/exchange.h"
#include "fcgi/lifetime.h"
#include "fcgi/router.h"

namespace gatehouse::fcgi {

namespace {

// How a worker waits for a connection, for a tick at most, so that the signals are looked at, and so that a
// connection whose wake-up was lost with another worker is found.
class Patience {
 public:
  Patience(int listening, std::chrono::milliseconds tick) : listening_(listening), tick_(tick) {
    int domain = AF_UNSPEC;
    socklen_t size = sizeof domain;
    in_accept_ = getsockopt(listening, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_UNIX;
  }

  // At every tick: the socket is shared, and a worker of another release may have set it up in its own way.
  //
  // On a unix socket waiting is accept's own: a connection wakes one worker of those that wait there, and no
  // other call stands between two requests. A TCP connection would inherit the time-out from its listening
  // socket, and a pause within a request would be taken for its end.
  bool set() const {
    const int flags = fcntl(listening_, F_GETFL);
    const auto tick = in_accept_ ? tick_ : std::chrono::milliseconds(0);
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(tick);
    const timeval limit{whole.count(), std::chrono::microseconds(tick - whole).count()};
    return flags >= 0 &&
           fcntl(listening_, F_SETFL, in_accept_ ? flags & ~O_NONBLOCK : flags | O_NONBLOCK) == 0 &&
           setsockopt(listening_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0;
  }

  // Whatever it says, accept tells: of the workers that wake up here one gets the connection.
  void wait() const {
    if (in_accept_) return;
    pollfd connections{listening_, POLLIN, 0};
    poll(&connections, 1, static_cast<int>(tick_.count()));
  }

 private:
  int listening_;
  std::chrono::milliseconds tick_;
  bool in_accept_ = false;
};

}  // namespace

int serve(const Handle& handle, const std::function<void()>& tick, Limits limits) {
  if (const auto missing = prepare(); !missing.empty()) return fail(missing);
  const Patience patience(kListeningSocket, limits.tick);
  if (!patience.set()) return fail("descriptor 0");
  FCGX_Request raw;
  FCGX_InitRequest(&raw, kListeningSocket, 0);

  auto last_tick = std::chrono::steady_clock::now();
  while (!is_told_to_stop()) {
    patience.wait();
    const int problem = -FCGX_Accept_r(&raw);
    if (problem == 0) {
      raw.keepConnection = 0;  // whoever would keep it held this worker
      exchange(raw, handle, limits);
    } else if (!outlives(problem, limits.tick)) {
      return fail("accept");
    }
    if (std::chrono::steady_clock::now() - last_tick < limits.tick) continue;
    if (!patience.set()) return fail("descriptor 0");
    run_detached("tick_failed", tick);
    last_tick = std::chrono::steady_clock::now();
  }
  return 0;
}

}  // namespace gatehouse::fcgi
