#include "tests/support/fastcgi_server.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <stdexcept>

namespace gatehouse::support {

namespace {

// FastCGI specification, section 8.
constexpr char kEndRequest = 3;
constexpr char kParams = 4;
constexpr char kStdin = 5;
constexpr char kStdout = 6;

std::size_t number_of(char byte) { return static_cast<unsigned char>(byte); }

struct Record {
  char type;
  std::string content;
};

std::optional<std::string> read_exactly(int connection, std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t done = 0; done < size;) {
    const auto count = recv(connection, text.data() + done, size - done, 0);
    if (count <= 0) return std::nullopt;
    done += static_cast<std::size_t>(count);
  }
  return text;
}

std::optional<Record> read_record(int connection) {
  const auto header = read_exactly(connection, 8);
  if (!header) return std::nullopt;
  const std::size_t size = number_of((*header)[4]) << 8U | number_of((*header)[5]);
  auto content = read_exactly(connection, size + number_of((*header)[6]));
  if (!content) return std::nullopt;
  content->resize(size);  // without the padding
  return Record{(*header)[1], std::move(*content)};
}

std::string record(char type, const std::string& content) {
  std::string text{1, type, 0, 1, 0, static_cast<char>(content.size()), 0, 0};
  return text + content;
}

std::size_t take_length(const std::string& text, std::size_t& at) {
  const std::size_t first = number_of(text.at(at++));
  if (first < 128) return first;
  std::size_t length = first & 0x7FU;
  for (int i = 0; i < 3; ++i) length = length << 8U | number_of(text.at(at++));
  return length;
}

FastcgiServer::Parameters decoded(const std::string& text) {
  FastcgiServer::Parameters parameters;
  for (std::size_t at = 0; at < text.size();) {
    const auto name = take_length(text, at);
    const auto value = take_length(text, at);
    // Joined where one comes twice, so that none can hide behind another.
    parameters[text.substr(at, name)] += text.substr(at + name, value);
    at += name + value;
  }
  return parameters;
}

}  // namespace

FastcgiServer::FastcgiServer(int port) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const int yes = 1;
  setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  if (bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(socket_, 64) != 0)
    throw std::runtime_error("cannot listen on 127.0.0.1:" + std::to_string(port));
  acceptor_ = std::thread([this] { accept_all(); });
}

FastcgiServer::~FastcgiServer() {
  ends_ = true;
  acceptor_.join();
  close(socket_);
}

std::vector<FastcgiServer::Parameters> FastcgiServer::seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

void FastcgiServer::accept_all() {
  while (!ends_) {
    pollfd ready{socket_, POLLIN, 0};
    if (poll(&ready, 1, 20) <= 0) continue;
    const int connection = accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) continue;
    serve(connection);
    close(connection);
  }
}

void FastcgiServer::serve(int connection) {
  const timeval patience{10, 0};
  setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  std::string parameters;
  for (auto next = read_record(connection); next; next = read_record(connection)) {
    if (next->type == kParams) parameters += next->content;
    if (next->type != kStdin || !next->content.empty()) continue;
    {
      const std::lock_guard lock(mutex_);
      seen_.push_back(decoded(parameters));
    }
    const std::string answer = record(kStdout, "Status: 200 OK\r\nContent-Type: application/json\r\n\r\n{}") +
                               record(kStdout, "") + record(kEndRequest, std::string(8, '\0'));
    send(connection, answer.data(), answer.size(), MSG_NOSIGNAL);
    return;
  }
}

}  // namespace gatehouse::support
