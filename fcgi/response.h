// One HTTP answer. Headers go out in their order; no name or value may carry a line break (the router refuses
// such an answer).
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"

namespace gatehouse::fcgi {

struct Response {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  // Runs after the client has its answer; what it throws is only logged.
  std::function<void()> after;

  // Names compare without case.
  bool has_header(std::string_view name) const;
  // Adds it unless there is one of that name already.
  void set_default(std::string_view name, std::string_view value);
};

// Beside `using namespace fcgi` the name clashes with the namespace json: write fcgi::json, or a
// using-declaration.
Response json(int status, const json::Object& body);
// For answers with a token in them, said where the token is made (RFC 6749 section 5.1).
Response no_store(Response response);

// The answer as CGI text: `Status:`, headers, an empty line, the body (RFC 3875 section 6).
std::string to_cgi(const Response& response);

}  // namespace gatehouse::fcgi
