#include "tests/support/raw_socket.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <stdexcept>
#include <system_error>

namespace gatehouse::support {

RawSocket::RawSocket(int port, const std::string& host, int receive_buffer) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0)
    throw std::runtime_error("no address: " + host);
  descriptor_ = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (receive_buffer > 0)
    setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  const bool connected = connect(descriptor_, found->ai_addr, found->ai_addrlen) == 0;
  const int problem = errno;
  freeaddrinfo(found);
  if (connected) return;
  close(descriptor_);
  throw std::system_error(problem, std::generic_category(), host + ":" + std::to_string(port));
}

RawSocket::~RawSocket() { close(descriptor_); }

void RawSocket::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void RawSocket::end_sending() { shutdown(descriptor_, SHUT_WR); }

std::string RawSocket::receive(std::chrono::milliseconds patience) {
  std::string text;
  char part[16384];
  for (;;) {
    pollfd ready{descriptor_, POLLIN, 0};
    if (poll(&ready, 1, static_cast<int>(patience.count())) <= 0) return text;
    const ssize_t count = recv(descriptor_, part, sizeof part, 0);
    if (count <= 0) {
      closed_ = true;
      return text;
    }
    text.append(part, static_cast<std::size_t>(count));
  }
}

std::string RawSocket::receive_some() {
  char part[1024];
  pollfd ready{descriptor_, POLLIN, 0};
  if (poll(&ready, 1, 10'000) <= 0) return {};
  const ssize_t count = recv(descriptor_, part, sizeof part, 0);
  return count <= 0 ? std::string() : std::string(part, static_cast<std::size_t>(count));
}

std::string raw_exchange(int port, std::string_view bytes) {
  using std::chrono::milliseconds;
  RawSocket socket(port);
  socket.send(bytes);
  // A worker may be busy with another request; but a request that is not complete gets no answer at all.
  std::string answer = socket.receive(milliseconds(150));
  if (socket.closed_by_peer() || !answer.empty()) return answer;
  socket.end_sending();
  return socket.receive(milliseconds(5000));
}

int raw_status(std::string_view answer) {
  if (!answer.starts_with("HTTP/1.") || answer.size() < 12) return 0;
  int status = 0;
  std::from_chars(answer.data() + 9, answer.data() + 12, status);
  return status;
}

std::string_view raw_body(std::string_view answer) {
  const auto end = answer.find("\r\n\r\n");
  return end == std::string_view::npos ? std::string_view{} : answer.substr(end + 4);
}

}  // namespace gatehouse::support
