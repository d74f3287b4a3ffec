#include "tests/support/fastcgi_client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace gatehouse::support {

namespace {

// FastCGI specification, section 8.
constexpr char kBeginRequest = 1;
constexpr char kEndRequest = 3;
constexpr char kParams = 4;
constexpr char kStdin = 5;
constexpr char kStdout = 6;
constexpr std::size_t kHeader = 8;
constexpr std::size_t kLargestContent = 65535;

char byte_of(std::size_t number, unsigned shift) { return static_cast<char>((number >> shift) & 0xFFU); }
std::size_t number_of(char byte) { return static_cast<unsigned char>(byte); }

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

std::string record(char type, std::string_view content) {
  std::string text{1, type, 0, 1, byte_of(content.size(), 8), byte_of(content.size(), 0), 0, 0};
  return text.append(content);
}

// A stream is any number of records and an empty one.
std::string stream(char type, std::string_view content) {
  std::string text;
  while (!content.empty()) {
    const std::string_view part = content.substr(0, kLargestContent);
    text += record(type, part);
    content.remove_prefix(part.size());
  }
  return text + record(type, {});
}

std::string length_of(std::string_view part) {
  const std::size_t size = part.size();
  if (size < 128) return {byte_of(size, 0)};
  return {static_cast<char>(byte_of(size, 24) | '\x80'), byte_of(size, 16), byte_of(size, 8),
          byte_of(size, 0)};
}

std::string encode(const FastcgiParameters& parameters) {
  std::string text;
  for (const auto& [name, value] : parameters) {
    text.append(length_of(name)).append(length_of(value)).append(name).append(value);
  }
  return text;
}

std::string standard_output(std::string_view records) {
  std::string text;
  while (records.size() >= kHeader) {
    const std::size_t content = number_of(records[4]) * 256 + number_of(records[5]);
    if (records[1] == kStdout) text.append(records.substr(kHeader, content));
    records.remove_prefix(std::min(records.size(), kHeader + content + number_of(records[6])));
  }
  return text;
}

FastcgiAnswer parse(std::string_view text) {
  FastcgiAnswer answer;
  while (!text.empty()) {
    const std::size_t end = text.find("\r\n");
    if (end == std::string_view::npos) throw std::runtime_error("a header line without an end");
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 2);
    if (line.empty()) break;
    const std::size_t colon = line.find(": ");
    if (colon == std::string_view::npos) throw std::runtime_error("no header: " + std::string(line));
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = line.substr(colon + 2);
    if (same_name(name, "Status")) {
      std::from_chars(value.data(), value.data() + value.size(), answer.status);
    } else {
      answer.headers.emplace_back(name, value);
    }
  }
  answer.body = text;
  return answer;
}

}  // namespace

class FastcgiConnection {
 public:
  explicit FastcgiConnection(const std::string& path)
      : descriptor_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) throw std::length_error("socket path too long: " + path);
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    // The sockets' API wants this cast.
    if (connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return;
    const int problem = errno;
    close(descriptor_);
    throw std::system_error(problem, std::generic_category(), path);
  }
  FastcgiConnection(const FastcgiConnection&) = delete;
  FastcgiConnection& operator=(const FastcgiConnection&) = delete;
  ~FastcgiConnection() { close(descriptor_); }

  // A worker may answer and close before it has read everything.
  void send_all(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  std::string receive_all() const {
    std::string text;
    char part[16384];
    ssize_t count = 0;
    while ((count = recv(descriptor_, part, sizeof part, 0)) > 0) {
      text.append(part, static_cast<std::size_t>(count));
      if (ends_request(text)) break;
    }
    return text;
  }

  // nullopt where the worker closed without an answer.
  std::optional<FastcgiAnswer> exchange(std::string_view bytes) const {
    send_all(bytes);
    const std::string output = standard_output(receive_all());
    if (output.empty()) return std::nullopt;
    return parse(output);
  }

  KeptConnection::Sign next_sign(std::chrono::milliseconds patience) const {
    pollfd ready{descriptor_, POLLIN, 0};
    if (poll(&ready, 1, static_cast<int>(patience.count())) <= 0) return KeptConnection::Sign::none;
    char next = 0;
    return recv(descriptor_, &next, 1, MSG_PEEK) > 0 ? KeptConnection::Sign::words
                                                     : KeptConnection::Sign::end;
  }

 private:
  // The worker waits for us to close once it has said all: so we do not wait for it to.
  static bool ends_request(std::string_view text) {
    while (text.size() >= kHeader) {
      const std::size_t size = kHeader + number_of(text[4]) * 256 + number_of(text[5]) + number_of(text[6]);
      if (text.size() < size) return false;
      if (text[1] == kEndRequest) return true;
      text.remove_prefix(size);
    }
    return false;
  }

  int descriptor_;
};

std::optional<std::string> FastcgiAnswer::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (same_name(key, name)) return value;
  }
  return std::nullopt;
}

FastcgiParameters fastcgi_parameters(std::string_view method, std::string_view target,
                                     std::string_view content_type, std::string_view body) {
  FastcgiParameters parameters{{"REQUEST_METHOD", std::string(method)},
                               {"REQUEST_URI", std::string(target)},
                               {"REMOTE_ADDR", "127.0.0.1"},
                               {"GATEHOUSE_REQUEST_ID", "0123456789abcdef0123456789abcdef"}};
  if (!content_type.empty()) parameters.emplace_back("CONTENT_TYPE", content_type);
  if (!body.empty()) parameters.emplace_back("CONTENT_LENGTH", std::to_string(body.size()));
  return parameters;
}

std::string fastcgi_request(const FastcgiParameters& parameters, std::string_view body, bool keep) {
  // Role 1, a responder; the flag says whether the connection is for one request.
  const std::string begin{0, 1, keep ? '\1' : '\0', 0, 0, 0, 0, 0};
  return record(kBeginRequest, begin) + stream(kParams, encode(parameters)) + stream(kStdin, body);
}

std::optional<FastcgiAnswer> fastcgi_call(const std::string& socket_path, const FastcgiParameters& parameters,
                                          std::string_view body) {
  const FastcgiConnection connection(socket_path);
  return connection.exchange(fastcgi_request(parameters, body));
}

KeptConnection::KeptConnection(const std::string& socket_path)
    : connection_(std::make_unique<FastcgiConnection>(socket_path)) {}
KeptConnection::KeptConnection(KeptConnection&&) noexcept = default;
KeptConnection::~KeptConnection() = default;

std::optional<FastcgiAnswer> KeptConnection::call(const FastcgiParameters& parameters,
                                                  std::string_view body) const {
  return exchange(fastcgi_request(parameters, body, true));
}
std::optional<FastcgiAnswer> KeptConnection::exchange(std::string_view bytes) const {
  return connection_->exchange(bytes);
}
void KeptConnection::send(std::string_view bytes) const { connection_->send_all(bytes); }
KeptConnection::Sign KeptConnection::next_sign(std::chrono::milliseconds patience) const {
  return connection_->next_sign(patience);
}

}  // namespace gatehouse::support
