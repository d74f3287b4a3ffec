#include <fcgiapp.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <memory>
#include <unordered_map>

#include "fcgi/exchange.h"
#include "fcgi/lifetime.h"
#include "fcgi/router.h"
#include "fcgi/worker.h"

namespace gatehouse::fcgi {

namespace {

using Clock = std::chrono::steady_clock;

// Without a request. nginx closes a kept connection long before (nginx/kept.conf). One that is still there
// then is nobody's: its host has gone without a word.
constexpr auto kLongestKept = std::chrono::seconds(5);
// nginx sends requests whole and takes in answers whole. Whoever does half of it holds up all others no
// longer.
constexpr timeval kPause{.tv_sec = 2, .tv_usec = 0};

struct Connection {
  // No listening socket: libfcgi would take another connection in the place of one that has ended.
  explicit Connection(int descriptor) {
    FCGX_InitRequest(&raw, -1, 0);
    raw.ipcFd = descriptor;
    raw.keepConnection = 1;  // or FCGX_Accept_r would close it first
    FCGX_Detach(&raw);       // when it is closed, then at once: others wait
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    if (is_open()) FCGX_Free(&raw, 1);
  }
  bool is_open() const { return raw.ipcFd >= 0; }
  // After a pause of the whole process something may have come that nobody has looked at yet.
  bool has_something() const {
    pollfd what{raw.ipcFd, POLLIN, 0};
    return poll(&what, 1, 0) > 0;
  }

  FCGX_Request raw{};
  Clock::time_point used = Clock::now();
};

// The listening socket, and every connection that was accepted from it and is open.
class Turns {
 public:
  Turns(const Handle& handle, const Limits& limits)
      : handle_(handle), limits_(limits), queue_(epoll_create1(EPOLL_CLOEXEC)) {}
  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;
  ~Turns() { close(queue_); }

  // Of the workers that wait here one is woken for each connection.
  bool open_door() {
    const int flags = fcntl(kListeningSocket, F_GETFL);
    return flags >= 0 && fcntl(kListeningSocket, F_SETFL, flags | O_NONBLOCK) == 0 &&
           watch(kListeningSocket, EPOLLIN | EPOLLEXCLUSIVE);
  }
  // What has been accepted is answered still.
  void close_door() {
    epoll_ctl(queue_, EPOLL_CTL_DEL, kListeningSocket, nullptr);
    is_open_ = false;
  }
  bool is_open() const { return is_open_; }
  bool is_empty() const { return connections_.empty(); }

  // One turn: whatever has come is answered, or nothing comes for a tick. False: no more can be accepted.
  bool take() {
    std::array<epoll_event, 32> events{};
    const int count = epoll_wait(queue_, events.data(), static_cast<int>(events.size()),
                                 static_cast<int>(limits_.tick.count()));
    // One worker is woken for a connection. Where that one has died over it, this one has heard nothing.
    if (count == 0 && is_open_) return accept();
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events.at(static_cast<std::size_t>(i));
      if (event.data.fd != kListeningSocket) {
        answer(event.data.fd, event.events == EPOLLIN);
      } else if (!accept()) {
        return false;
      }
    }
    return true;
  }

  void drop_unused(Clock::time_point now) {
    for (auto next = connections_.begin(); next != connections_.end();) {
      const auto one = next++;
      const bool is_unused = now - one->second->used > kLongestKept;
      if (is_unused && !(is_open_ && one->second->has_something())) connections_.erase(one);
    }
  }

 private:
  using Connections = std::unordered_map<int, std::unique_ptr<Connection>>;

  bool watch(int descriptor, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = descriptor;
    return epoll_ctl(queue_, EPOLL_CTL_ADD, descriptor, &event) == 0;
  }

  // Its first request is read when it has come: a connection that says nothing holds up nobody.
  bool accept() {
    const int descriptor = accept4(kListeningSocket, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor < 0) return outlives(errno, limits_.tick);
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &kPause, sizeof kPause);
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &kPause, sizeof kPause);
    // A long answer is several writes, and over TCP each would wait for the one before. No harm on a unix
    // socket.
    constexpr int kOn = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &kOn, sizeof kOn);
    connections_[descriptor] = std::make_unique<Connection>(descriptor);
    if (!watch(descriptor, EPOLLIN | EPOLLRDHUP)) connections_.erase(descriptor);
    return true;
  }

  void answer(int descriptor, bool has_request) {
    const auto one = connections_.find(descriptor);
    if (one == connections_.end()) return;
    Connection& connection = *one->second;
    // No: what came is no request, or its connection has ended.
    const bool is_request = has_request && FCGX_Accept_r(&connection.raw) == 0;
    if (is_request) exchange(connection.raw, handle_, limits_);
    if (!is_request || !connection.is_open()) {
      connections_.erase(one);
    } else if (is_open_) {  // whoever sends one request after another does not keep a worker from stopping
      connection.used = Clock::now();
    }
  }

  const Handle& handle_;
  const Limits& limits_;
  int queue_;
  bool is_open_ = true;
  Connections connections_;
};

}  // namespace

int serve_by_turns(const Handle& handle, const std::function<void()>& tick, Limits limits) {
  if (const auto missing = prepare(); !missing.empty()) return fail(missing);
  Turns turns(handle, limits);
  if (!turns.open_door()) return fail("descriptor 0");

  auto last_tick = Clock::now();
  // Connections are nginx's to close, also when this worker is told to stop: a request may be on its way.
  while (turns.is_open() || !turns.is_empty()) {
    if (!turns.take()) return fail("accept");
    const auto now = Clock::now();
    if (now - last_tick < limits.tick) continue;
    run_detached("tick_failed", tick);
    turns.drop_unused(now);
    if (turns.is_open() && is_told_to_stop()) turns.close_door();
    last_tick = Clock::now();
  }
  return 0;
}

}  // namespace gatehouse::fcgi
