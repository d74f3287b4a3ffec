// A small FastCGI client: talks to one pool's unix socket directly, as nginx does, so that a test can tell
// what a worker does from what nginx does.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::support {

using FastcgiParameters = std::vector<std::pair<std::string, std::string>>;

struct FastcgiAnswer {
  int status = 200;  // CGI's default where there is no Status line
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  // The first of that name, without case.
  std::optional<std::string> header(std::string_view name) const;
};

// What nginx would send for this request. CONTENT_LENGTH is the body's; more can be appended.
FastcgiParameters fastcgi_parameters(std::string_view method, std::string_view target,
                                     std::string_view content_type = {}, std::string_view body = {});

// All of a request, as it goes over the connection; `keep`: which is not to be closed after it.
std::string fastcgi_request(const FastcgiParameters& parameters, std::string_view body = {},
                            bool keep = false);

// One request on a connection of its own; nullopt where the worker closed without an answer. Throws
// std::system_error where nobody listens.
std::optional<FastcgiAnswer> fastcgi_call(const std::string& socket_path, const FastcgiParameters& parameters,
                                          std::string_view body = {});

// A connection that outlives its requests, as nginx keeps one.
class KeptConnection {
 public:
  // Throws std::system_error where nobody listens.
  explicit KeptConnection(const std::string& socket_path);
  KeptConnection(KeptConnection&&) noexcept;
  ~KeptConnection();

  std::optional<FastcgiAnswer> call(const FastcgiParameters& parameters, std::string_view body = {}) const;
  // Bytes that are no request of nginx's; what is answered to the first in them.
  std::optional<FastcgiAnswer> exchange(std::string_view bytes) const;

  // Bytes to which no answer is expected.
  void send(std::string_view bytes) const;

  // What the worker does within this time without being asked: nothing, say something more, or close.
  enum class Sign { none, words, end };
  Sign next_sign(std::chrono::milliseconds patience) const;

 private:
  std::unique_ptr<class FastcgiConnection> connection_;
};

}  // namespace gatehouse::support
