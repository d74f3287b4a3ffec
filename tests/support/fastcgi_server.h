// Somebody else's program that speaks FastCGI: keeps the parameters of every request and answers 200.
// Understands what nginx sends, one request a connection.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "tests/support/listener.h"

namespace gatehouse::support {

class FastcgiServer {
 public:
  using Parameters = std::map<std::string, std::string>;

  explicit FastcgiServer(int port);  // on 127.0.0.1

  std::vector<Parameters> seen() const;

 private:
  void serve(int connection);

  mutable std::mutex mutex_;
  std::vector<Parameters> seen_;
  Listener listener_;  // ends first
};

}  // namespace gatehouse::support
