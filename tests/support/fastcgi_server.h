// Somebody else's program that speaks FastCGI: keeps the parameters of every request and answers 200.
// Understands what nginx sends, one request a connection.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace gatehouse::support {

class FastcgiServer {
 public:
  using Parameters = std::map<std::string, std::string>;

  explicit FastcgiServer(int port);  // on 127.0.0.1
  ~FastcgiServer();
  FastcgiServer(const FastcgiServer&) = delete;
  FastcgiServer& operator=(const FastcgiServer&) = delete;

  std::vector<Parameters> seen() const;

 private:
  void accept_all();
  void serve(int connection);

  int socket_ = -1;
  std::atomic<bool> ends_ = false;
  mutable std::mutex mutex_;
  std::vector<Parameters> seen_;
  std::thread acceptor_;
};

}  // namespace gatehouse::support
