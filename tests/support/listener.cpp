#include "tests/support/listener.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace gatehouse::support {

Listener::Listener(int port, std::function<void(int connection)> serve)
    : serve_(std::move(serve)), socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
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
  acceptor_ = std::thread([this] { accept_all(); });
}

Listener::~Listener() {
  stop();
  close(socket_);
}

void Listener::stop() {
  ends_ = true;
  if (acceptor_.joinable()) acceptor_.join();
}

void Listener::accept_all() {
  while (!ends_) {
    pollfd ready{socket_, POLLIN, 0};
    if (poll(&ready, 1, 20) <= 0) continue;
    const int connection = accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection >= 0) serve_(connection);
  }
}

}  // namespace gatehouse::support
