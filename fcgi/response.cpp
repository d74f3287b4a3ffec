#include "fcgi/response.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/ascii.h"

namespace gatehouse::fcgi {

namespace {

// RFC 9110 section 15: nginx passes the phrase on as it is, and without one leaves out the space that RFC
// 9112 section 4 demands.
struct Reason {
  int status;
  std::string_view phrase;
};
// clang-format off
constexpr std::array kReasons{
    Reason{200, "OK"},
    Reason{201, "Created"},
    Reason{202, "Accepted"},
    Reason{204, "No Content"},
    Reason{302, "Found"},
    Reason{400, "Bad Request"},
    Reason{401, "Unauthorized"},
    Reason{403, "Forbidden"},
    Reason{404, "Not Found"},
    Reason{405, "Method Not Allowed"},
    Reason{409, "Conflict"},
    Reason{413, "Content Too Large"},
    Reason{415, "Unsupported Media Type"},
    Reason{429, "Too Many Requests"},
    Reason{500, "Internal Server Error"},
    Reason{502, "Bad Gateway"},
    Reason{503, "Service Unavailable"},
};
// clang-format on

std::string status_text(int status) {
  for (const Reason& reason : kReasons) {
    if (reason.status == status) return std::to_string(status).append(" ").append(reason.phrase);
  }
  return std::to_string(status) + " Other";
}

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return ascii_lower(x) == ascii_lower(y); });
}

void add_line(std::string& text, std::string_view name, std::string_view value) {
  text.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

bool Response::has_header(std::string_view name) const {
  return std::any_of(headers.begin(), headers.end(),
                     [name](const auto& header) { return same_name(header.first, name); });
}

void Response::set_default(std::string_view name, std::string_view value) {
  if (!has_header(name)) headers.emplace_back(name, value);
}

Response json(int status, const json::Object& body) {
  Response response;
  response.status = status;
  response.body = body.str();
  return response;
}

Response no_store(Response response) {
  response.set_default("Cache-Control", "no-store");
  return response;
}

std::string to_cgi(const Response& response) {
  std::string text;
  text.reserve(512 + response.body.size());
  add_line(text, "Status", status_text(response.status));
  const bool bodiless = response.status == 204;  // RFC 9110 section 15.3.5
  if (!bodiless) {
    add_line(text, "Content-Type", response.content_type);
    // Lets nginx answer without chunks.
    if (!response.has_header("Content-Length")) {
      add_line(text, "Content-Length", std::to_string(response.body.size()));
    }
  }
  for (const auto& [name, value] : response.headers) add_line(text, name, value);
  text.append("\r\n");
  if (!bodiless) text.append(response.body);
  return text;
}

}  // namespace gatehouse::fcgi
