#include "fcgi/exchange.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.h"
#include "fcgi/router.h"

namespace gatehouse::fcgi {

namespace {

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

}  // namespace

void exchange(FCGX_Request& raw, const Handle& handle, const Limits& limits) {
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

}  // namespace gatehouse::fcgi
