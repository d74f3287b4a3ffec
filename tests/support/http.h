// An HTTP client for tests, over libcurl: what a program that uses Gatehouse would see. Every secret in an
// answer is remembered (secrets.h). Requests that libcurl would tidy up go through raw_socket.h.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"

namespace gatehouse::support {

struct HttpCall {
  std::string method = "GET";
  std::string url = {};
  std::vector<std::string> headers = {};  // "Name: value"
  std::string body = {};
  std::string basic = {};    // "id:secret"
  std::string ca_file = {};  // for https
  std::string source = {};   // the client's own address, such as 127.0.0.7
  bool http1 = false;        // also where the server offers HTTP/2
};

struct HttpAnswer {
  int status = 0;                                                 // 0: none came
  std::string failure = {};                                       // why none came
  std::vector<std::pair<std::string, std::string>> headers = {};  // names in lower case
  std::string body;
  double seconds = 0;

  std::optional<std::string> header(std::string_view lower_case_name) const;
  // The body's; throws Error(invalid_json) where it is none.
  json::Document json() const { return json::Document::parse(body); }
  // A text member of the body; empty where there is none.
  std::string text(std::string_view member) const;
  std::optional<bool> boolean(std::string_view member) const;
  std::optional<std::int64_t> integer(std::string_view member) const;
};

// Keeps its connection open between calls, as programs do.
class HttpClient {
 public:
  HttpClient();
  HttpClient(HttpClient&&) noexcept;
  HttpClient& operator=(HttpClient&&) noexcept;
  ~HttpClient();
  HttpAnswer send(const HttpCall& call);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// On a connection of its own.
HttpAnswer send(const HttpCall& call);
// Each on a connection of its own, all of them open at the same time; answers in the order of the calls.
std::vector<HttpAnswer> send_at_once(const std::vector<HttpCall>& calls);

HttpCall form(std::string url, std::string body);
HttpCall json_call(std::string url, std::string body);

}  // namespace gatehouse::support
