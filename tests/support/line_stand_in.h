// LINE's reply endpoint: takes what LINE would take, complains about the rest as LINE does, and records it
// all.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "tests/support/https_server.h"

namespace gatehouse::support {

class LineStandIn {
 public:
  // Plain HTTP on this port of 127.0.0.1. Every other channel access token is refused.
  LineStandIn(int port, std::string channel_access_token);

  // From now on it answers so late.
  void hang(std::chrono::milliseconds delay) { delay_ = delay; }

  int asked() const { return server_.count(); }
  std::vector<std::string> complaints() const;
  // What the chat of this reply token was shown; empty where nothing was.
  std::string text_for(const std::string& reply_token) const;

 private:
  ServerAnswer answer(const ServerRequest& request);
  std::string complaint_about(const ServerRequest& request);

  const std::string access_token_;
  std::atomic<std::chrono::milliseconds> delay_{std::chrono::milliseconds(0)};
  mutable std::mutex mutex_;
  std::map<std::string, std::string> texts_;  // by reply token
  std::vector<std::string> complaints_;
  HttpsServer server_;
};

}  // namespace gatehouse::support
