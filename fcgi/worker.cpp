#include "fcgi/worker.h"

#include <fcgiapp.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "base/log.h"
#include "fcgi/router.h"

namespace gatehouse::fcgi {

namespace {

constexpr int kListeningSocket = 0;

int fail(std::string_view what) {
  log::error("worker_cannot_serve",
             json::Object().add("cause", std::string(what) + ": " + std::strerror(errno)));
  // The supervisor starts another one at once: not a thousand times a second.
  std::this_thread::sleep_for(std::chrono::seconds(1));
  return 1;
}

// The stop signals never interrupt anything: they stay blocked and are read from a descriptor between two
// requests. (Delivered during libfcgi's read, one drops the request or empties its body. And where ppoll
// alone lets them in, they wait for ever while connections keep coming: it returns a ready socket first.)
// Blocked before FCGX_Init, whose own handler for SIGUSR1 makes every later accept fail, so it never runs.
int open_stop_signals() {
  std::signal(SIGPIPE, SIG_IGN);  // a client that went away is a failed write
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  sigaddset(&stop, SIGINT);
  sigaddset(&stop, SIGUSR1);  // what multiwatch sends
  if (pthread_sigmask(SIG_BLOCK, &stop, nullptr) != 0) return -1;
  return signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK);
}

bool is_listening(int descriptor) {
  int listening = 0;
  socklen_t size = sizeof listening;
  return getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening != 0;
}

// All workers of a pool wake up for one connection and one gets it: the others must not wait in accept.
bool set_non_blocking(int descriptor) {
  const int flags = fcntl(descriptor, F_GETFL);
  return flags >= 0 && fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0;
}

std::string_view parameter(const FCGX_Request& raw, const char* name) {
  const char* value = FCGX_GetParam(name, raw.envp);
  return value == nullptr ? std::string_view{} : std::string_view(value);
}

// nginx passes every Authorization header that came, each as a parameter of its own.
bool is_repeated(const FCGX_Request& raw, std::string_view name) {
  int count = 0;
  for (char** entry = raw.envp; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    if (text.size() > name.size() && text.starts_with(name) && text[name.size()] == '=') ++count;
  }
  return count > 1;
}

// False: the client went away before its body had come, or the length is no length; then there is nobody to
// answer.
bool read_body(FCGX_Request& raw, const Limits& limits, Request& request) {
  const std::string_view text = parameter(raw, "CONTENT_LENGTH");
  if (text.empty()) return true;
  std::size_t length = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (end != text.data() + text.size()) return false;
  const std::size_t most = request.path == limits.large_path ? limits.large_body : limits.body;
  if (problem == std::errc::result_out_of_range || length > most) {
    request.body_too_large = true;  // what is still to come is read away when the connection closes
    return true;
  }
  if (problem != std::errc()) return false;
  request.body.resize(length);
  const int wanted = static_cast<int>(length);
  return FCGX_GetStr(request.body.data(), wanted, raw.in) == wanted;
}

std::optional<Request> read_request(FCGX_Request& raw, const Limits& limits) {
  Request request;
  const std::string_view method = parameter(raw, "REQUEST_METHOD");
  request.method = parse_method(method);
  request.head = method == "HEAD";
  // The path as the client sent it: nginx's decoded one no longer shows an encoded slash.
  const std::string_view target = parameter(raw, "REQUEST_URI");
  const std::size_t mark = target.find('?');
  request.path = target.substr(0, mark);
  if (mark != std::string_view::npos) request.query = target.substr(mark + 1);
  request.content_type = parameter(raw, "CONTENT_TYPE");
  request.authorization = parameter(raw, "HTTP_AUTHORIZATION");
  request.authorization_repeated = is_repeated(raw, "HTTP_AUTHORIZATION");
  request.user_agent = parameter(raw, "HTTP_USER_AGENT");
  request.request_id = parameter(raw, "GATEHOUSE_REQUEST_ID");
  request.client_address = parameter(raw, "REMOTE_ADDR");
  // nginx cannot tell an empty header from none; forwarded it was all the same.
  const char* forwarded = FCGX_GetParam("HTTP_X_FORWARDED_FOR", raw.envp);
  request.from_private_network =
      parameter(raw, "GATEHOUSE_PRIVATE") == "1" && (forwarded == nullptr || *forwarded != '\0');
  request.line_signature = parameter(raw, "HTTP_X_LINE_SIGNATURE");
  request.gate_requires = parameter(raw, "GATEHOUSE_REQUIRE");
  request.gate_method = parameter(raw, "GATEHOUSE_ASKED_METHOD");
  request.gate_path = parameter(raw, "GATEHOUSE_ASKED_PATH");
  request.https = parameter(raw, "HTTPS") == "on";
  if (!read_body(raw, limits, request)) {
    log::info("request_dropped", json::Object().add("request_id", request.request_id));
    return std::nullopt;
  }
  return request;
}

void serve_one(FCGX_Request& raw, const std::function<Response(Request)>& handle, const Limits& limits) {
  auto request = read_request(raw, limits);
  if (!request) {
    FCGX_Finish_r(&raw);
    return;
  }
  const Response response = handle(std::move(*request));
  const std::string text = to_cgi(response);
  FCGX_PutStr(text.data(), static_cast<int>(text.size()), raw.out);
  FCGX_Finish_r(&raw);
  if (response.after) run_detached("after_request_failed", response.after);
}

// One connection wakes one worker of those that wait, and not all eight of them.
int open_readiness(int stop) {
  const int readiness = epoll_create1(EPOLL_CLOEXEC);
  epoll_event stops{EPOLLIN, {.fd = stop}};
  epoll_event connections{EPOLLIN | EPOLLEXCLUSIVE, {.fd = kListeningSocket}};
  if (readiness < 0 || epoll_ctl(readiness, EPOLL_CTL_ADD, stop, &stops) != 0 ||
      epoll_ctl(readiness, EPOLL_CTL_ADD, kListeningSocket, &connections) != 0)
    return -1;
  return readiness;
}

// While connections wait, so many are served before the signals are looked at again, for each look costs a
// call; but for no longer than a tick and a request.
constexpr int kAtOnce = 8;

// Whether it makes sense to go on.
bool accept_some(FCGX_Request& raw, const std::function<Response(Request)>& handle, const Limits& limits) {
  const auto end = std::chrono::steady_clock::now() + limits.tick;
  int problem = 0;
  for (int i = 0; i < kAtOnce && problem == 0 && std::chrono::steady_clock::now() < end; ++i) {
    problem = -FCGX_Accept_r(&raw);
    if (problem == 0) serve_one(raw, handle, limits);
  }
  if (problem == 0 || problem == EAGAIN) return true;  // none is left, or another worker took it
  errno = problem;
  if (problem != EMFILE && problem != ENFILE && problem != ENOBUFS && problem != ENOMEM) return false;
  log::error("accept_failed", json::Object().add("cause", std::strerror(problem)));
  std::this_thread::sleep_for(limits.tick);  // the connection still waits: we would be woken at once
  return true;
}

}  // namespace

int serve(const std::function<Response(Request)>& handle, const std::function<void()>& tick, Limits limits) {
  if (!is_listening(kListeningSocket)) return fail("descriptor 0 is no listening socket");
  const int stop = open_stop_signals();
  if (stop < 0) return fail("signalfd");
  if (!set_non_blocking(kListeningSocket)) return fail("descriptor 0");
  if (FCGX_Init() != 0) return fail("FCGX_Init");
  FCGX_Request raw;
  FCGX_InitRequest(&raw, kListeningSocket, 0);

  const int readiness = open_readiness(stop);
  if (readiness < 0) return fail("epoll");
  auto last_tick = std::chrono::steady_clock::now();
  int result = 0;
  while (result == 0) {
    std::array<epoll_event, 2> ready{};
    const int count =
        epoll_wait(readiness, ready.data(), ready.size(), static_cast<int>(limits.tick.count()));
    const auto is_ready = [&](int descriptor) {
      return std::any_of(ready.begin(), ready.begin() + std::max(count, 0),
                         [descriptor](const epoll_event& event) { return event.data.fd == descriptor; });
    };
    // The one that was woken for a connection may have been killed over it, or have been told to stop: each
    // looks at every tick, too, and once more before it stops.
    if (count < 0 && errno != EINTR) {
      result = fail("epoll_wait");
    } else if ((count == 0 || is_ready(kListeningSocket)) && !accept_some(raw, handle, limits)) {
      result = fail("accept");
    } else if (is_ready(stop)) {
      break;
    }
    const auto now = std::chrono::steady_clock::now();
    if (now - last_tick >= limits.tick) {
      run_detached("tick_failed", tick);
      last_tick = std::chrono::steady_clock::now();
    }
  }
  close(readiness);
  close(stop);
  return result;
}

}  // namespace gatehouse::fcgi
