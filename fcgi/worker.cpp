#include "fcgi/worker.h"

#include <fcgiapp.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
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
#include <vector>

#include "base/log.h"
#include "fcgi/router.h"

namespace gatehouse::fcgi {

namespace {

constexpr int kListeningSocket = 0;
// Without a request. nginx closes a kept connection long before (scripts/render-nginx). One that is still
// there then is nobody's: its host has gone without a word.
constexpr auto kLongestKept = std::chrono::seconds(5);

int fail(std::string_view what) {
  log::error("worker_cannot_serve",
             json::Object().add("cause", std::string(what) + ": " + std::strerror(errno)));
  // The supervisor starts another one at once: not a thousand times a second.
  std::this_thread::sleep_for(std::chrono::seconds(1));
  return 1;
}

constexpr std::array kStopSignals{SIGTERM, SIGINT, SIGUSR1};  // the last is what multiwatch sends

// The stop signals never interrupt anything: they stay blocked, and between two requests is looked whether
// one has come. (Delivered during libfcgi's read, one drops the request or empties its body.) Blocked before
// FCGX_Init, whose own handler for SIGUSR1 makes every later accept fail, so it never runs.
bool block_signals() {
  std::signal(SIGPIPE, SIG_IGN);  // a client that went away is a failed write
  sigset_t stop;
  sigemptyset(&stop);
  for (const int signal : kStopSignals) sigaddset(&stop, signal);
  return pthread_sigmask(SIG_BLOCK, &stop, nullptr) == 0;
}

bool is_told_to_stop() {
  sigset_t pending;
  if (sigpending(&pending) != 0) return true;
  return std::any_of(kStopSignals.begin(), kStopSignals.end(),
                     [&pending](int signal) { return sigismember(&pending, signal) == 1; });
}

bool is_listening(int descriptor) {
  int listening = 0;
  socklen_t size = sizeof listening;
  return getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening != 0;
}

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

// What nginx says about a request. Views into it.
class Parameters {
 public:
  explicit Parameters(const FCGX_Request& raw) {
    all_.reserve(kUsual);
    for (char** entry = raw.envp; *entry != nullptr; ++entry) {
      const std::string_view text = *entry;
      const std::size_t mark = std::min(text.find('='), text.size() - 1);
      all_.emplace_back(text.substr(0, mark), text.substr(mark + 1));
    }
  }

  // Empty where there is none.
  std::string_view operator[](std::string_view name) const {
    const auto found = find(name, all_.begin());
    return found == all_.end() ? std::string_view{} : found->second;
  }
  bool has(std::string_view name) const { return find(name, all_.begin()) != all_.end(); }
  // nginx passes every Authorization header that came, each as a parameter of its own.
  bool has_twice(std::string_view name) const {
    const auto found = find(name, all_.begin());
    return found != all_.end() && find(name, found + 1) != all_.end();
  }

 private:
  static constexpr std::size_t kUsual = 64;
  using All = std::vector<std::pair<std::string_view, std::string_view>>;
  All::const_iterator find(std::string_view name, All::const_iterator from) const {
    return std::find_if(from, all_.end(), [name](const auto& one) { return one.first == name; });
  }
  All all_;
};

// False: the client went away before its body had come, or the length is no length; then there is nobody to
// answer.
bool read_body(FCGX_Request& raw, std::string_view text, const Limits& limits, Request& request) {
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
  const Parameters given(raw);
  const std::string_view method = given["REQUEST_METHOD"];
  request.method = parse_method(method);
  request.head = method == "HEAD";
  // The path as the client sent it: nginx's decoded one no longer shows an encoded slash.
  const std::string_view target = given["REQUEST_URI"];
  const std::size_t mark = target.find('?');
  request.path = target.substr(0, mark);
  if (mark != std::string_view::npos) request.query = target.substr(mark + 1);
  request.content_type = given["CONTENT_TYPE"];
  request.authorization = given["HTTP_AUTHORIZATION"];
  request.authorization_repeated = given.has_twice("HTTP_AUTHORIZATION");
  request.user_agent = given["HTTP_USER_AGENT"];
  request.request_id = given["GATEHOUSE_REQUEST_ID"];
  request.client_address = given["REMOTE_ADDR"];
  // nginx cannot tell an empty header from none; forwarded it was all the same.
  const bool says_nothing = given.has("HTTP_X_FORWARDED_FOR") && given["HTTP_X_FORWARDED_FOR"].empty();
  request.from_private_network = given["GATEHOUSE_PRIVATE"] == "1" && !says_nothing;
  request.line_signature = given["HTTP_X_LINE_SIGNATURE"];
  request.gate_requires = given["GATEHOUSE_REQUIRE"];
  request.gate_method = given["GATEHOUSE_ASKED_METHOD"];
  request.gate_path = given["GATEHOUSE_ASKED_PATH"];
  request.https = given["HTTPS"] == "on";
  if (!read_body(raw, given["CONTENT_LENGTH"], limits, request)) {
    log::info("request_dropped", json::Object().add("request_id", request.request_id));
    return std::nullopt;
  }
  return request;
}

// nginx may use a connection that it keeps again as soon as it has the answer, and loses a request that meets
// our closing. So a body that was too large is read away before the answer has ended.
void read_away(FCGX_Request& raw, std::size_t most) {
  std::array<char, 16384> part{};
  while (most >= part.size()) {
    if (FCGX_GetStr(part.data(), static_cast<int>(part.size()), raw.in) != static_cast<int>(part.size()))
      return;
    most -= part.size();
  }
}

// Whether nginx has nothing more to say. Then closing at once takes nothing from it: what we have written
// waits in its own queue. Where something was still to come it would be told of a reset, so libfcgi closes
// with care: it waits until nginx has closed, which costs two calls and a change of the process.
bool has_ended(FCGX_Request& raw, bool body_too_large, const Limits& limits) {
  if (body_too_large && raw.keepConnection == 0) return false;
  if (body_too_large) read_away(raw, 2 * limits.large_body);
  return FCGX_GetChar(raw.in) == EOF && FCGX_GetError(raw.in) == 0;
}

void serve_one(FCGX_Request& raw, const std::function<Response(Request)>& handle, const Limits& limits) {
  auto request = read_request(raw, limits);
  if (!request) {
    raw.keepConnection = 0;
    FCGX_Finish_r(&raw);
    return;
  }
  const bool too_large = request->body_too_large;
  const Response response = handle(std::move(*request));
  const std::string text = to_cgi(response);
  FCGX_PutStr(text.data(), static_cast<int>(text.size()), raw.out);
  // What is left of a request must never be read as the next one. (Left by whom? nginx sends what it
  // announces.)
  const bool ended = has_ended(raw, too_large, limits);
  if (!ended) raw.keepConnection = 0;
  if (ended && raw.keepConnection == 0) FCGX_Detach(&raw);
  FCGX_Finish_r(&raw);
  // Not after closing a kept connection: a request may be on its way already. It waits.
  if (response.after) run_detached("after_request_failed", response.after);
}

// Whether it makes sense to go on.
bool accept_one(FCGX_Request& raw, const std::function<Response(Request)>& handle, const Limits& limits) {
  const int problem = -FCGX_Accept_r(&raw);
  if (problem == 0) serve_one(raw, handle, limits);
  if (problem == 0 || problem == EAGAIN) return true;
  errno = problem;
  if (problem != EMFILE && problem != ENFILE && problem != ENOBUFS && problem != ENOMEM) return false;
  log::error("accept_failed", json::Object().add("cause", std::strerror(problem)));
  std::this_thread::sleep_for(limits.tick);  // the connection still waits
  return true;
}

bool is_kept(const FCGX_Request& raw) { return raw.ipcFd >= 0; }

void drop(FCGX_Request& raw) {
  FCGX_Detach(&raw);
  FCGX_Free(&raw, 1);
}

// False: nothing has come on the connection that nginx has kept, or nginx has closed it.
bool has_next(FCGX_Request& raw, std::chrono::milliseconds tick) {
  pollfd connection{raw.ipcFd, POLLIN | POLLRDHUP, 0};
  if (poll(&connection, 1, static_cast<int>(tick.count())) <= 0) return false;
  if (connection.revents == POLLIN) return true;
  drop(raw);
  return false;
}

}  // namespace

int serve(const std::function<Response(Request)>& handle, const std::function<void()>& tick, Limits limits) {
  if (!is_listening(kListeningSocket)) return fail("descriptor 0 is no listening socket");
  if (!block_signals()) return fail("the signal mask");
  const Patience patience(kListeningSocket, limits.tick);
  if (!patience.set()) return fail("descriptor 0");
  if (FCGX_Init() != 0) return fail("FCGX_Init");
  FCGX_Request raw;
  FCGX_InitRequest(&raw, kListeningSocket, 0);

  auto last_tick = std::chrono::steady_clock::now();
  auto last_use = last_tick;
  bool stopping = false;  // as of the last tick: enough for a connection that is kept
  // A kept connection is nginx's to close, also when this worker is told to stop: a request may be on its
  // way, and nginx sends none a second time that is not idempotent.
  while (is_kept(raw) || !is_told_to_stop()) {
    const bool kept = is_kept(raw);
    if (!kept) patience.wait();
    const bool has_work = !kept || has_next(raw, limits.tick);
    if (has_work && !accept_one(raw, handle, limits)) return fail("accept");
    const auto now = std::chrono::steady_clock::now();
    // Whoever sends one request after another does not keep a worker from stopping.
    if (has_work && !(kept && stopping)) last_use = now;
    if (is_kept(raw) && now - last_use > kLongestKept) drop(raw);
    if (now - last_tick >= limits.tick) {
      if (!patience.set()) return fail("descriptor 0");
      run_detached("tick_failed", tick);
      stopping = is_told_to_stop();
      last_tick = std::chrono::steady_clock::now();
    }
  }
  return 0;
}

}  // namespace gatehouse::fcgi
