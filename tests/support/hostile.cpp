#include "tests/support/hostile.h"

#include <array>

namespace gatehouse::support {

namespace {

const std::vector<std::string> kMethods{
    "GET",      "HEAD",  "POST", "PUT",      "PATCH",  "DELETE",
    "OPTIONS",  "TRACE", "LOCK", "FETCH",    "post",   "CONNECT",
    "PROPFIND", "G",     "",     "GET POST", "A\001B", "GETGETGETGETGETGETGETGETGETGET"};

const std::vector<std::string> kPathEnds{
    "/",     "//",   "/.",        "/..",       "/%2e%2e/",   "%00",    "%",     "%zz",
    "/%2f",  ";x=1", "/\xC3\x28", "/a%0d%0ab", "/%C3%28",    "/../..", "#frag", "\\",
    "/{id}", "?",    "?%",        "??a=b&&=&", "/%E2%80%8B", "/ /"};

const std::vector<std::string> kQueries{
    "?a=b",      "?token=abc",  "?access_token", "?%74oken=x",
    "?limit=-1", "?cursor=%00", "?a=%FF%FE",     "?client_secret=x&client_secret=y",
    "?=",        "?&&&&",       "?a[]=1"};

const std::vector<std::string> kTypes{"application/json",
                                      "application/x-www-form-urlencoded",
                                      "application/json; charset=utf-16",
                                      "APPLICATION/JSON",
                                      "multipart/form-data",
                                      "multipart/form-data; boundary=x",
                                      "text/plain",
                                      "",
                                      ";",
                                      "application/json, text/html",
                                      "\xFF\xFE",
                                      "application/x-www-form-urlencoded;;;"};

const std::vector<std::string> kHeaders{
    "Authorization: Basic",
    "Authorization: Basic !!!!",
    "Authorization: Basic OjpvOg==",
    "Authorization: Basic AAAA/////w==",
    "Authorization: Bearer",
    "Authorization: Bearer a.b.c",
    "Authorization: Bearer eyJhbGciOiJub25lIn0.e30.",
    "Authorization: Negotiate x",
    "Authorization:",
    "Authorization: Basic YTpi\r\nAuthorization: Bearer x",
    "Content-Encoding: gzip",
    "Expect: 100-continue",
    "Expect: 200-nothing",
    "Range: bytes=0-0,5-",
    "If-None-Match: *",
    "X-Forwarded-For: 1.2.3.4, nonsense, ::1",
    "X-Forwarded-For: \xFF",
    "Forwarded: for=\"[::1]\"",
    "X-HTTP-Method-Override: DELETE",
    "Proxy: http://127.0.0.1/",
    "X-Accel-Redirect: @outbound",
    "GATEHOUSE_PRIVATE: 1",
    "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk",
    "Host: other\r\nHost: another",
    "Cookie: a=b; \x7F",
    " leading: space",
    "no colon at all",
    "Accept: text/html;q=x",
    "Origin: null",
    "User-Agent: \"},{\"level\":\"error\"",
    "User-Agent: \xC3\x28\x1B[31m"};

const std::vector<std::string> kJson{
    "",
    "null",
    "[]",
    "{}",
    "\"text\"",
    "1",
    "{",
    "{\"token\"",
    "{\"token\":}",
    "{\"token\":\"a\",\"token\":\"b\"}",
    "{\"refresh_token\":\"a\",\"refresh_token\":null}",
    "{\"user_id\":1,\"user_id\":2}",
    "{\"user_id\":1e400}",
    "{\"user_id\":-0}",
    "{\"user_id\":99999999999999999999999}",
    "{\"user_id\":1.5}",
    "{\"user_id\":\"1\"}",
    "{\"user_id\":true}",
    "{\"user_id\":[1]}",
    "{\"token\":\"\\u0000\"}",
    "{\"token\":\"\\ud800\"}",
    "{\"token\":\"\\uDC00\\uD800\"}",
    "{\"refresh_token\":\"\\u0000\\u0000\"}",
    "{\"client_id\":\"svc_\\u0000\",\"client_secret\":\"x\"}",
    "{\"service_name\":\"\\u0000\"}",
    "{\"service_name\":\"\\u202e\\n\\u001b[31m\"}",
    "{\"service_name\":{\"a\":1}}",
    "{\"service_name\":\"x\",\"description\":[]}",
    "{\"token\":\"a\"} {\"token\":\"b\"}",
    "{\"token\":\"a\"}//comment",
    "{'token':'a'}",
    "\xEF\xBB\xBF{\"token\":\"a\"}",
    "{\"token\":NaN}",
    std::string("\xFF\xFE{\0\"\0", 6),
};

const std::vector<std::string> kForms{"user_id=1&user_id=2",
                                      "user_id=%",
                                      "user_id=%00",
                                      "user_id=1%00",
                                      "=",
                                      "&&&",
                                      "user_id",
                                      "user_id=+1",
                                      "token=%FF%FE",
                                      "token=%0A",
                                      "token=%C3%28",
                                      "refresh_token=%zz",
                                      "grant_type=client_credentials&scope=%00",
                                      "grant_type=password",
                                      "grant_type=client_credentials&client_id=x&client_secret=y",
                                      "grant_type=client_credentials&scope=auth:token+auth:token",
                                      "token=a;token=b"};

}  // namespace

HostileRequests::HostileRequests(std::uint32_t seed, std::vector<GoodRequest> good,
                                 std::vector<std::string> paths)
    : random_(seed), good_(std::move(good)), paths_(std::move(paths)) {}

std::string HostileRequests::next() {
  static constexpr std::array<Change, 12> kChanges{
      &HostileRequests::other_method,  &HostileRequests::other_path,   &HostileRequests::other_query,
      &HostileRequests::other_headers, &HostileRequests::other_type,   &HostileRequests::other_body,
      &HostileRequests::other_body,    &HostileRequests::hostile_json, &HostileRequests::hostile_json,
      &HostileRequests::huge_body,     &HostileRequests::huge_header,  &HostileRequests::other_version};
  GoodRequest request = good_[below(good_.size())];
  std::string version = " HTTP/1.1\r\n";
  const std::size_t changes = 1 + below(3);
  for (std::size_t i = 0; i < changes; ++i) {
    // The large ones are slow, and a few are enough.
    auto change = kChanges[below(kChanges.size())];
    if ((change == &HostileRequests::huge_body || change == &HostileRequests::huge_header) && !one_in(5))
      change = &HostileRequests::other_headers;
    (this->*change)(request, version);
  }
  std::string text = request.method + " " + request.path + version + "Host: localhost\r\n";
  if (!one_in(20)) text += "Connection: close\r\n";
  for (const auto& header : request.headers) text += header + "\r\n";
  text += framed(request);
  return one_in(25) ? flipped(std::move(text)) : text;
}

void HostileRequests::other_method(GoodRequest& request, std::string&) { request.method = one_of(kMethods); }

void HostileRequests::other_path(GoodRequest& request, std::string&) {
  switch (below(4)) {
    case 0:
      request.path = one_of(paths_);
      break;
    case 1:
      request.path += one_of(kPathEnds);
      break;
    case 2:
      request.path = "/" + bytes(1 + below(60));
      break;
    default:
      request.path = flipped(request.path);
  }
}

void HostileRequests::other_query(GoodRequest& request, std::string&) { request.path += one_of(kQueries); }

void HostileRequests::other_headers(GoodRequest& request, std::string&) {
  if (!request.headers.empty() && one_in(3)) {
    auto& header = request.headers[below(request.headers.size())];
    header = one_in(3) ? std::string() : flipped(header);
    if (header.empty()) header = "X-Nothing: 1";
    return;
  }
  request.headers.push_back(one_of(kHeaders));
}

void HostileRequests::other_type(GoodRequest& request, std::string&) {
  for (auto& header : request.headers) {
    if (header.starts_with("Content-Type:")) header = "Content-Type: " + one_of(kTypes);
  }
}

void HostileRequests::other_body(GoodRequest& request, std::string&) {
  switch (below(5)) {
    case 0:
      request.body = bytes(below(300));
      break;
    case 1:
      request.body = one_of(kForms);
      break;
    case 2:
      request.body.resize(below(request.body.size() + 1));
      break;
    case 3:
      request.body.insert(below(request.body.size() + 1), 1, '\0');
      break;
    default:
      request.body = flipped(request.body);
  }
}

void HostileRequests::hostile_json(GoodRequest& request, std::string&) {
  if (one_in(4)) {
    const std::size_t depth = 1 + below(20000);
    const std::string open = one_in(2) ? "[" : R"({"token":)";
    request.body.clear();
    for (std::size_t i = 0; i < depth && request.body.size() < 60000; ++i) request.body += open;
    return;
  }
  request.body = one_of(kJson);
}

void HostileRequests::huge_body(GoodRequest& request, std::string&) {
  const std::size_t size = one_in(2) ? 1024UL * 1024 : 60000 + below(12000);
  request.body = R"({"token":")" + std::string(size, one_in(2) ? 'a' : '\\') + "\"}";
}

void HostileRequests::huge_header(GoodRequest& request, std::string&) {
  const std::size_t size = 1000 + below(one_in(3) ? 60000 : 7000);
  request.headers.push_back((one_in(2) ? "Authorization: Bearer " : "X-Large: ") + std::string(size, 'h'));
  if (one_in(4)) {
    for (int i = 0; i < 150; ++i)
      request.headers.push_back("X-Many-" + std::to_string(i) + ": " + std::string(20, 'm'));
  }
}

void HostileRequests::other_version(GoodRequest&, std::string& line_end) {
  static const std::vector<std::string> kVersions{
      " HTTP/1.0\r\n", " HTTP/0.9\r\n", " HTTP/2.0\r\n", " HTTP/1.9\r\n",  "\r\n",
      " HTTP/1.1\n",   " http/1.1\r\n", " HTTP/1.\r\n",  "  HTTP/1.1\r\n", " HTTP/1.1 x\r\n"};
  line_end = one_of(kVersions);
}

std::string HostileRequests::framed(const GoodRequest& request) {
  const std::string length = std::to_string(request.body.size());
  static const std::vector<std::string> kLengths{"-1",   "0", "1e3",  "99999999999999999999",
                                                 "0x10", "",  "5, 5", "+3"};
  switch (below(16)) {
    case 0:
      return "Content-Length: " + one_of(kLengths) + "\r\n\r\n" + request.body;
    case 1:
      return "Content-Length: " + std::to_string(request.body.size() + 1 + below(20)) + "\r\n\r\n" +
             request.body;
    case 2:
      return "Content-Length: " + std::to_string(below(request.body.size() + 1)) + "\r\n\r\n" + request.body;
    case 3:
      return "\r\n" + request.body;
    case 4:
      return "Content-Length: " + length + "\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(request.body);
    case 5:
      return "Content-Length: " + length + "\r\nContent-Length: 3\r\n\r\n" + request.body;
    case 6:
    case 7:
      return "Transfer-Encoding: chunked\r\n\r\n" + chunked(request.body);
    case 8:
      return "Transfer-Encoding: chunked\r\n\r\n" + flipped(chunked(request.body));
    default:
      return "Content-Length: " + length + "\r\n\r\n" + request.body;
  }
}

std::string HostileRequests::chunked(const std::string& body) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (std::size_t at = 0; at < body.size();) {
    const std::string part = body.substr(at, 1 + below(one_in(2) ? 16 : 60000));
    std::string size;
    for (std::size_t rest = part.size(); rest > 0; rest /= 16) size.insert(size.begin(), kDigits[rest % 16]);
    text += size + (one_in(30) ? ";extension=\"x\"" : "") + "\r\n" + part + "\r\n";
    at += part.size();
  }
  return text + "0\r\n" + (one_in(20) ? "Trailer: x\r\n" : "") + "\r\n";
}

std::string HostileRequests::flipped(std::string text) {
  const std::size_t times = 1 + below(4);
  for (std::size_t i = 0; i < times && !text.empty(); ++i) {
    const std::size_t at = below(text.size());
    switch (below(4)) {
      case 0:
        text[at] = static_cast<char>(below(256));
        break;
      case 1:
        text.erase(at, 1 + below(8));
        break;
      case 2:
        text.insert(at, text.substr(at, 1 + below(8)));
        break;
      default:
        text.insert(at, bytes(1 + below(4)));
    }
  }
  return text;
}

std::string HostileRequests::bytes(std::size_t length) {
  std::string text(length, '\0');
  for (auto& c : text) c = static_cast<char>(below(256));
  return text;
}

}  // namespace gatehouse::support
