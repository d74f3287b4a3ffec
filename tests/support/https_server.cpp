#include "tests/support/https_server.h"

#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <stdexcept>

#include "tests/support/command.h"

namespace gatehouse::support {

namespace {

std::string fill(const TemporaryFolder& folder) {
  const auto made = run_command({GATEHOUSE_SOURCE_DIR "/tests/support/make-authority", folder.path()});
  if (!made.ok()) throw std::runtime_error("make-authority: " + made.output);
  return folder.path();
}

// A connection with or without TLS.
class Stream {
 public:
  Stream(int socket, SSL_CTX* context) : socket_(socket) {
    if (context == nullptr) return;
    ssl_ = SSL_new(context);
    SSL_set_fd(ssl_, socket);
    good_ = SSL_accept(ssl_) == 1;
  }
  ~Stream() {
    if (ssl_ != nullptr) SSL_free(ssl_);
    close(socket_);
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  bool good() const { return good_; }
  std::string read_some() {
    std::array<char, 16384> buffer{};
    const int size = static_cast<int>(buffer.size());
    const auto count = ssl_ != nullptr ? SSL_read(ssl_, buffer.data(), size)
                                       : static_cast<int>(recv(socket_, buffer.data(), buffer.size(), 0));
    return count > 0 ? std::string(buffer.data(), static_cast<std::size_t>(count)) : std::string();
  }
  void write(const std::string& text) {
    const int size = static_cast<int>(text.size());
    if (ssl_ != nullptr) {
      SSL_write(ssl_, text.data(), size);
    } else {
      send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
    }
  }
  void say_goodbye() {
    if (ssl_ != nullptr) SSL_shutdown(ssl_);
  }

 private:
  int socket_;
  SSL* ssl_ = nullptr;
  bool good_ = true;
};

void take_header(ServerRequest& request, const std::string& line) {
  const auto colon = line.find(':');
  if (colon == std::string::npos) return;
  std::string name = line.substr(0, colon);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto value = line.find_first_not_of(' ', colon + 1);
  request.headers[name] = value == std::string::npos ? "" : line.substr(value);
}

bool read_request(Stream& stream, ServerRequest& request) {
  std::string text;
  while (text.find("\r\n\r\n") == std::string::npos) {
    const std::string more = stream.read_some();
    if (more.empty()) return false;
    text += more;
  }
  const auto end = text.find("\r\n\r\n");
  std::string head = text.substr(0, end);
  request.body = text.substr(end + 4);
  for (std::size_t at = head.find("\r\n"); at != std::string::npos;) {
    const auto next = head.find("\r\n", at + 2);
    take_header(request, head.substr(at + 2, next - at - 2));
    at = next;
  }
  const auto space = head.find(' ');
  request.method = head.substr(0, space);
  request.target = head.substr(space + 1, head.find(' ', space + 1) - space - 1);
  const auto length = request.headers.find("content-length");
  const std::size_t wanted = length == request.headers.end() ? 0 : std::stoul(length->second);
  while (request.body.size() < wanted) {
    const std::string more = stream.read_some();
    if (more.empty()) return false;
    request.body += more;
  }
  return true;
}

std::string text_of(const ServerAnswer& answer) {
  std::string text = "HTTP/1.1 " + std::to_string(answer.status) + " Stand-in\r\n";
  for (const auto& [name, value] : answer.headers)
    text.append(name).append(": ").append(value).append("\r\n");
  text += "Content-Length: " + std::to_string(answer.body.size()) + "\r\nConnection: close\r\n\r\n";
  return text + (answer.by_half ? answer.body.substr(0, answer.body.size() / 2) : answer.body);
}

}  // namespace

struct HttpsServer::Context {
  SSL_CTX* tls = SSL_CTX_new(TLS_server_method());
  Context() = default;
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context() { SSL_CTX_free(tls); }
};

HttpsServer::Options HttpsServer::plain_on(int port) {
  Options options;
  options.plain = true;
  options.port = port;
  return options;
}

HttpsServer::HttpsServer(Handle handle) : HttpsServer(std::move(handle), Options{}) {}

HttpsServer::HttpsServer(Handle handle, Options options)
    : handle_(std::move(handle)), plain_(options.plain), authority_(std::move(options.authority)) {
  std::signal(SIGPIPE, SIG_IGN);
  if (authority_.empty() && !plain_) authority_ = fill(own_authority_.emplace());
  if (!plain_) {
    context_ = std::make_unique<Context>();
    if (SSL_CTX_use_certificate_chain_file(context_->tls, (authority_ + "/server.pem").c_str()) != 1 ||
        SSL_CTX_use_PrivateKey_file(context_->tls, (authority_ + "/server.key").c_str(), SSL_FILETYPE_PEM) !=
            1)
      throw std::runtime_error("cannot use the certificate in " + authority_);
  }
  listener_ = std::make_unique<Listener>(options.port, [this](int connection) {
    connections_.emplace_back([this, connection] { serve(connection); });
  });
}

HttpsServer::~HttpsServer() {
  ends_ = true;
  listener_->stop();
  for (auto& connection : connections_) connection.join();
}

std::string HttpsServer::url(const std::string& path, const std::string& host) const {
  return (plain_ ? "http://" : "https://") + host + ":" + std::to_string(port()) + path;
}

std::vector<ServerRequest> HttpsServer::seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

void HttpsServer::serve(int connection) {
  const timeval patience{10, 0};
  setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  Stream stream(connection, plain_ ? nullptr : context_->tls);
  ServerRequest request;
  if (!stream.good() || !read_request(stream, request)) return;
  {
    const std::lock_guard lock(mutex_);
    seen_.push_back(request);
    most_at_once_ = std::max(most_at_once_.load(), ++at_once_);
  }
  const ServerAnswer answer = handle_(request);
  const auto end = std::chrono::steady_clock::now() + answer.delay;
  while (!ends_ && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  {
    // Before the other side knows, which may come again at once.
    const std::lock_guard lock(mutex_);
    --at_once_;
  }
  if (answer.hang_up) return;
  stream.write(text_of(answer));
  if (!answer.by_half) stream.say_goodbye();
}

}  // namespace gatehouse::support
