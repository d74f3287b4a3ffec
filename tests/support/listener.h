// A listening socket on 127.0.0.1, and the thread that takes its connections: what servers of tests stand on.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

namespace gatehouse::support {

class Listener {
 public:
  // `port` 0: a free one. `serve` is called in the listener's thread with each connection, which is then its
  // own.
  Listener(int port, std::function<void(int connection)> serve);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  int port() const { return port_; }
  // From now on `serve` is not called.
  void stop();

 private:
  void accept_all();

  std::function<void(int)> serve_;
  int socket_ = -1;
  int port_ = 0;
  std::atomic<bool> ends_ = false;
  std::thread acceptor_;
};

}  // namespace gatehouse::support
