#include "fcgi/router.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>

#include "base/ascii.h"
#include "base/log.h"
#include "fcgi/encoding.h"

namespace gatehouse::fcgi {

namespace {

constexpr std::size_t kLongestPath = 2048;

// RFC 6750 section 2.3 and OAuth 2.1: a credential in a URL ends up in logs and histories.
constexpr std::array<std::string_view, 12> kNeverInQuery{
    "access_token", "refresh_token", "id_token", "token",      "client_secret", "client_assertion",
    "assertion",    "password",      "secret",   "api_secret", "api_key",       "authorization"};

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
  });
}

void check_query(std::string_view query) {
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view field = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
    const auto name = percent_decode(field.substr(0, field.find('=')));
    if (!name) continue;  // whoever reads the query refuses it
    if (std::find(kNeverInQuery.begin(), kNeverInQuery.end(), ascii_lower(*name)) == kNeverInQuery.end())
      continue;
    throw Error(Errc::invalid_request, '"' + *name + "\" must not be in the query string");
  }
}

// What a {} stands for. A decoded slash or dot segment would be another path to whoever reads it next (nginx
// has chosen its location by the decoded one), so such a segment matches nothing.
std::optional<std::string> parameter_value(std::string_view segment) {
  auto value = percent_decode(segment);
  if (!value || value->empty() || *value == "." || *value == "..") return std::nullopt;
  if (value->find('/') != std::string::npos || has_control(*value) || !is_utf8(*value)) return std::nullopt;
  return value;
}

std::string allow_text(const std::vector<Method>& allowed) {
  std::string text;
  for (const Method method : {Method::get, Method::post, Method::put, Method::patch, Method::del}) {
    if (std::find(allowed.begin(), allowed.end(), method) == allowed.end()) continue;
    text.append(name_of(method)).append(", ");
    if (method == Method::get) text.append("HEAD, ");
  }
  return text + "OPTIONS";
}

void check_headers(const Response& response) {
  const bool bad_type = has_control(response.content_type);
  const bool bad_header =
      std::any_of(response.headers.begin(), response.headers.end(),
                  [](const auto& header) { return has_control(header.first) || has_control(header.second); });
  if (bad_type || bad_header) throw Error(Errc::internal, {}, "a header with a control character");
}

// What every answer gets, whoever made it.
void finish(Response& response, const Request& request) {
  // nginx keeps this header over an X-Accel-Redirect: the second answer would have it twice.
  if (!response.has_header("X-Accel-Redirect")) response.set_default("Cache-Control", "no-store");
  if (request.head && !response.body.empty()) {
    response.set_default("Content-Length", std::to_string(response.body.size()));
    response.body.clear();
  }
}

void log_request(const Request& request, int status, std::chrono::steady_clock::duration took,
                 const std::optional<Error>& error) {
  log::RequestLine line;
  line.request_id = request.request_id;
  line.method = request.head ? "HEAD" : std::string(name_of(request.method));
  line.route = request.route_pattern.empty() ? "-" : std::string(request.route_pattern);
  line.status = status;
  line.microseconds = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
  line.client = request.client_address;
  line.caller = request.caller.subject;
  if (error) {
    line.error = error->text();
    line.cause = error->cause();
  }
  log::request(line);
}

}  // namespace

void check_target(const Request& request) {
  const std::string& path = request.path;
  if (!path.starts_with('/') || has_control(path) || !is_utf8(path)) {
    throw Error(Errc::invalid_request, "The path is malformed");
  }
  if (path.size() > kLongestPath) throw Error(Errc::not_found);
  check_query(request.query);
}

bool match(std::string_view pattern, std::string_view path,
           std::vector<std::pair<std::string_view, std::string>>& parameters) {
  // Most rows differ in their first letters already.
  for (std::size_t i = 0; i < pattern.size() && pattern[i] != '{'; ++i) {
    if (i == path.size() || path[i] != pattern[i]) return false;
  }
  while (!pattern.empty() && !path.empty()) {
    const std::string_view wanted = take_segment(pattern);
    const std::string_view given = take_segment(path);
    if (!is_parameter(wanted)) {
      if (wanted != given) return false;
      continue;
    }
    auto value = parameter_value(given);
    if (!value) return false;
    parameters.emplace_back(wanted.substr(1, wanted.size() - 2), std::move(*value));
  }
  return pattern.empty() && path.empty();
}

Response answer_without_row(const Request& request, const Passage& passage) {
  if (passage.allowed.empty()) throw Error(Errc::not_found);
  if (request.method != Method::options) throw Error(Errc::method_not_allowed);
  Response response;
  response.status = 204;
  response.set_default("Allow", allow_text(passage.allowed));
  return response;
}

void check_row(const Request& request, Who who) {
  if (request.body_too_large && has_body(request.method)) throw Error(Errc::payload_too_large);
  // Whoever stands before us may have looked at the other one.
  if (request.authorization_repeated && who != Who::open) {
    throw Error(Errc::invalid_request, "The Authorization header came more than once");
  }
}

void add_error_headers(Response& response, const Error& error, const Request& request,
                       const Passage& passage) {
  const ErrorRow& row = error.row();
  if (passage.open) {
    // The credential was in the body: no header was asked for.
  } else if (row.challenge == Challenge::basic) {
    response.set_default("WWW-Authenticate", R"(Basic realm="gatehouse", charset="UTF-8")");
  } else if (row.challenge == Challenge::bearer) {
    // RFC 6750 section 3.1: who presented nothing is told no error code.
    std::string challenge = R"(Bearer realm="gatehouse")";
    if (!request.authorization.empty()) challenge += R"(, error="invalid_token")";
    response.set_default("WWW-Authenticate", challenge);
  } else if (error.code() == Errc::insufficient_scope && !passage.scope.empty()) {
    response.set_default("WWW-Authenticate",
                         R"(Bearer realm="gatehouse", error="insufficient_scope", scope=")" +
                             std::string(passage.scope) + '"');
  }
  if (error.retry_after() > 0) response.set_default("Retry-After", std::to_string(error.retry_after()));
  if (error.code() == Errc::method_not_allowed && !passage.allowed.empty()) {
    response.set_default("Allow", allow_text(passage.allowed));
  }
}

Response answer(Request& request, Response (*render)(const Error&, const Request&),
                const std::function<Response(Passage&)>& work) {
  const auto start = std::chrono::steady_clock::now();
  Passage passage;
  Response response;
  std::optional<Error> error;
  try {
    response = work(passage);
    check_headers(response);
  } catch (const Error& thrown) {
    error = thrown;
  } catch (const std::exception& thrown) {
    error = Error(Errc::internal, {}, thrown.what());
  }
  if (error) {
    response = render(*error, request);
    add_error_headers(response, *error, request, passage);
  }
  finish(response, request);
  // What is handed over is answered, and logged, by who gets it.
  if (!response.has_header("X-Accel-Redirect"))
    log_request(request, response.status, std::chrono::steady_clock::now() - start, error);
  return response;
}

void run_detached(std::string_view what, const std::function<void()>& work) {
  try {
    work();
  } catch (const std::exception& thrown) {
    log::error(what, json::Object().add("cause", thrown.what()));
  }
}

}  // namespace gatehouse::fcgi
