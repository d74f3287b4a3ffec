#include "handlers/render.h"

#include <string>

#include "handlers/gate.h"

namespace gatehouse::handlers {

namespace {

json::Object base(int code, const std::string& message) {
  return json::Object().add("status_code", code).add("status_message", message);
}

json::Object oauth_body(const Error& error) {
  std::string description = error.text();
  if (!error.message().empty()) description += ": " + error.message();
  return json::Object().add("error", error.row().oauth).add("error_description", description);
}

json::Object plain_body(const Error& error) {
  json::Object body;
  body.add("error", error.text());
  if (!error.message().empty()) body.add("message", error.message());
  return body;
}

}  // namespace

json::Object base_success() { return base(0, "success"); }

fcgi::Response render_error(const Error& error, const fcgi::Request& request) {
  if (request.path == gate::kPath && request.route_pattern == gate::kPath) return gate::unavailable();
  const bool oauth = request.path.starts_with("/oauth/") || request.path.starts_with("/api/oauth2/");
  json::Object body = oauth ? oauth_body(error) : plain_body(error);
  // Seed 001 shows a message here; what happened is the log's.
  if (error.code() == Errc::internal && error.message().empty() && request.path.starts_with("/api/v1/"))
    body.add("message", "The log of the server says what happened, under this request_id");
  if (request.path.starts_with("/token/")) body.add("base", base(error.row().status, error.text()));
  // What a stranger reports, so that the log line can be found.
  if (error.row().status >= 500) body.add("request_id", request.request_id);
  return fcgi::json(error.row().status, body);
}

}  // namespace gatehouse::handlers
