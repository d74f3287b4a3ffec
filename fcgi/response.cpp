#include "fcgi/response.h"

#include <algorithm>
#include <string>

namespace gatehouse::fcgi {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
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
  // Without a reason phrase nginx puts its own.
  add_line(text, "Status", std::to_string(response.status));
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
