// One JSON object a line on standard error: one line per request, made once at its end, and rare events
// besides. Nothing here takes a token, a body, a query string or a header; callers pass names, ids and causes
// only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/json.h"

namespace gatehouse::log {

// Sets the format up and says which program (worker, keeper) of which pool starts. Once, at the start.
void start(std::string_view program, std::string_view detail);

struct RequestLine {
  std::string request_id;
  std::string method;
  std::string route;  // the pattern, never the path
  int status = 0;
  std::int64_t microseconds = 0;
  std::string client;  // the client's address
  std::string caller;  // who it was, where known: svc_…, tnt_…
  std::string error;   // the code's public text
  std::string cause;   // what only the log sees
};
void request(const RequestLine& line);

// From here on the lines of requests that were answered well are kept until flush(), until a page is full or
// until another line is written: a write for each takes longer than the check of a token.
void keep_request_lines(bool wanted = true);
void flush();
// What is kept and not yet written, for a crash; whole lines.
std::string_view kept() noexcept;

// Something that happened outside a request.
void info(std::string_view event, const json::Object& facts = {});
void error(std::string_view event, const json::Object& facts = {});

}  // namespace gatehouse::log
