#include "tests/support/https_server.h"

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "tests/support/command.h"

namespace gatehouse::support {

namespace {

std::string new_authority() {
  std::string folder = std::filesystem::temp_directory_path() / "gatehouse-authority.XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) throw std::runtime_error("no folder for an authority");
  const auto made = run_command({GATEHOUSE_SOURCE_DIR "/tests/support/make-authority", folder});
  if (!made.ok()) throw std::runtime_error("make-authority: " + made.output);
  return folder;
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

HttpsServer::HttpsServer(Handle handle) : HttpsServer(std::move(handle), Options{}) {}

HttpsServer::HttpsServer(Handle handle, Options options)
    : handle_(std::move(handle)), plain_(options.plain), authority_(std::move(options.authority)) {
  std::signal(SIGPIPE, SIG_IGN);
  own_authority_ = authority_.empty() && !plain_;
  if (own_authority_) authority_ = new_authority();
  if (!plain_) {
    context_ = std::make_unique<Context>();
    if (SSL_CTX_use_certificate_chain_file(context_->tls, (authority_ + "/server.pem").c_str()) != 1 ||
        SSL_CTX_use_PrivateKey_file(context_->tls, (authority_ + "/server.key").c_str(), SSL_FILETYPE_PEM) !=
            1)
      throw std::runtime_error("cannot use the certificate in " + authority_);
  }
  listen_on(options.port);
  acceptor_ = std::thread([this] { accept_all(); });
}

HttpsServer::~HttpsServer() {
  ends_ = true;
  acceptor_.join();
  for (auto& connection : connections_) connection.join();
  close(socket_);
  if (own_authority_) std::filesystem::remove_all(authority_);
}

void HttpsServer::listen_on(int port) {
  socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  socklen_t size = sizeof address;
  if (bind(socket_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(socket_, 256) != 0)
    throw std::runtime_error("cannot listen on 127.0.0.1:" + std::to_string(port));
  getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
}

std::string HttpsServer::url(const std::string& path, const std::string& host) const {
  return (plain_ ? "http://" : "https://") + host + ":" + std::to_string(port_) + path;
}

std::vector<ServerRequest> HttpsServer::seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

void HttpsServer::accept_all() {
  while (!ends_) {
    pollfd ready{socket_, POLLIN, 0};
    if (poll(&ready, 1, 20) <= 0) continue;
    const int connection = accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection >= 0) connections_.emplace_back([this, connection] { serve(connection); });
  }
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
