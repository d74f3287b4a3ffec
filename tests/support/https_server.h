// Somebody else's server, over real TLS under an authority of its own: what stand-ins for providers are built
// on. It answers as `handle` says, also badly: late, by half, not at all.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/listener.h"
#include "tests/support/temporary_folder.h"

namespace gatehouse::support {

struct ServerRequest {
  std::string method;
  std::string target;
  std::map<std::string, std::string> headers{};  // names in lower case
  std::string body{};
};

struct ServerAnswer {
  int status = 200;
  std::string body{};
  std::vector<std::pair<std::string, std::string>> headers{{"Content-Type", "application/json"}};
  std::chrono::milliseconds delay{};  // before anything is sent
  bool hang_up = false;               // the connection ends without an answer
  bool by_half = false;               // it ends in the middle of the body
};

class HttpsServer {
 public:
  using Handle = std::function<ServerAnswer(const ServerRequest&)>;
  struct Options {
    int port = 0;             // 0: a free one
    std::string authority{};  // the folder that make-authority has filled; empty: one of our own
    bool plain = false;       // http, for what must be refused or is allowed on loopback
  };

  // Plain, there; 0: on a free port.
  static Options plain_on(int port = 0);

  explicit HttpsServer(Handle handle);
  HttpsServer(Handle handle, Options options);
  ~HttpsServer();  // waits for what is being answered
  HttpsServer(const HttpsServer&) = delete;
  HttpsServer& operator=(const HttpsServer&) = delete;

  int port() const { return listener_->port(); }
  std::string url(const std::string& path, const std::string& host = "127.0.0.1") const;
  std::string ca_file() const { return authority_ + "/ca.pem"; }
  std::vector<ServerRequest> seen() const;
  int count() const { return static_cast<int>(seen().size()); }
  // How many were being answered side by side.
  int most_at_once() const { return most_at_once_; }

 private:
  struct Context;
  void serve(int connection);

  Handle handle_;
  bool plain_ = false;
  std::optional<TemporaryFolder> own_authority_;
  std::string authority_;
  std::unique_ptr<Context> context_;
  std::atomic<bool> ends_ = false;
  int at_once_ = 0;
  std::atomic<int> most_at_once_ = 0;
  mutable std::mutex mutex_;
  std::vector<ServerRequest> seen_;
  std::vector<std::thread> connections_;
  std::unique_ptr<Listener> listener_;
};

}  // namespace gatehouse::support
