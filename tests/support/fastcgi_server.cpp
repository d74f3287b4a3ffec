#include "tests/support/fastcgi_server.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <optional>

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

FastcgiServer::FastcgiServer(int port)
    : listener_(port, [this](int connection) {
        serve(connection);
        close(connection);
      }) {}

std::vector<FastcgiServer::Parameters> FastcgiServer::seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
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
