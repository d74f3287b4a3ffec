// DB_SSLMODE as libpq gets it: where TLS is required, nothing is said to a server that has none.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <stdexcept>
#include <thread>

#include "base/error.h"
#include "tests/support/database.h"

namespace gatehouse::db {
namespace {

constexpr Statement kPid{"test_pid", "SELECT pg_backend_pid() AS pid"};

class ConnectionTlsTest : public support::DatabaseTest {
 protected:
  template <class Action>
  static std::string cause_of(Action action) {
    try {
      action();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Errc::unavailable);
      return error.cause();
    }
    ADD_FAILURE() << "it went well";
    return {};
  }
};

// It answers libpq's question for TLS with no, as a server without it does, and hears what comes after that.
class ServerWithoutTls {
 public:
  ServerWithoutTls() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
        ::listen(listener_, 8) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) != 0)
      throw std::runtime_error("no listener");
    port_ = std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this] { answer_once(); });
  }
  ~ServerWithoutTls() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  std::string port() const { return port_; }
  bool heard_more() const { return heard_more_; }

 private:
  void answer_once() {
    const int client = ::accept(listener_, nullptr, nullptr);
    if (client < 0) return;
    char question[8];
    if (::recv(client, question, sizeof question, MSG_WAITALL) == sizeof question) {
      ::send(client, "N", 1, MSG_NOSIGNAL);
      heard_more_ = ::recv(client, question, sizeof question, 0) > 0;
    }
    ::close(client);
  }
  int listener_;
  std::string port_;
  std::thread thread_;
  std::atomic<bool> heard_more_ = false;
};

TEST_F(ConnectionTlsTest, TlsThatIsRequiredIsNotDoneWithout) {
  for (const auto* mode : {"require", "verify-full", "prefer"}) {
    const ServerWithoutTls server;
    auto parts = support::Database::of_this_binary().worker();
    parts.host = "127.0.0.1";
    parts.port = server.port();
    parts.sslmode = mode;
    Connection db(conninfo(parts));
    const std::string cause = cause_of([&] { db.read(kPid); });
    const bool weak = parts.sslmode == "prefer";
    EXPECT_EQ(server.heard_more(), weak) << mode;
    EXPECT_EQ(cause.find("SSL") == std::string::npos, weak) << mode << ": " << cause;
  }
}

}  // namespace
}  // namespace gatehouse::db
