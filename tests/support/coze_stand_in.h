// Coze's token endpoint, for tests: verifies the assertion as Coze does and answers as documented, or badly
// on command.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "crypto/key.h"
#include "flows/coze.h"
#include "tests/support/https_server.h"

namespace gatehouse::support {

class CozeStandIn {
 public:
  enum class Mood { well, error, html, slow, hanging, half, hung_up, unusual };

  struct Expected {
    std::map<std::string, crypto::Key> keys;  // by kid; public ones will do
    std::string issuer;
    std::string audience;
  };
  // Plain HTTP, which is allowed on loopback.
  CozeStandIn(Expected expected, const Clock& clock, int port = 0);

  // A key that it may know under any name; made once a process, for that takes its time.
  static const crypto::Key& key();
  // Settings that ask here, with that key for every key id.
  flows::CozeSettings settings(const std::string& api_key) const;

  void be(Mood mood) { mood_ = mood; }
  std::string url() const { return server_.url("/api/permission/oauth2/token"); }
  int asked() const { return server_.count(); }
  int most_at_once() const { return server_.most_at_once(); }
  std::vector<ServerRequest> seen() const { return server_.seen(); }
  // Why it refused, where it did.
  std::vector<std::string> complaints() const;

 private:
  ServerAnswer answer(const ServerRequest& request);
  std::string complaint_about(const ServerRequest& request);

  Expected expected_;
  const Clock& clock_;
  std::atomic<Mood> mood_ = Mood::well;
  mutable std::mutex mutex_;
  std::set<std::string> seen_ids_;
  std::vector<std::string> complaints_;
  int tokens_ = 0;
  HttpsServer server_;
};

}  // namespace gatehouse::support
