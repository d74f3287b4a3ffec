// Coze beside the whole stack: a stand-in where scripts/test has told the first instance to look for it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "crypto/key.h"
#include "tests/support/coze_stand_in.h"
#include "tests/support/https_server.h"
#include "tests/support/stack.h"

namespace gatehouse::support {

int port_of(const std::string& url);
// Of the program that stands behind the first instance's gate.
int upstream_port();
int fastcgi_upstream_port();
// Seed 001's list of songs, there: {"songs":["dx"]}.
std::unique_ptr<HttpsServer> songs_behind_the_gate();

class CozeStack : public Stack {
 protected:
  // Answers are kept: each test has key ids of its own.
  static std::string new_kid();
  std::map<std::string, crypto::Key> keys() const;
  HttpCall exchange(const std::string& kid, const std::string& url) const;

  const std::vector<std::string> kids{new_kid(), new_kid(), new_kid(), new_kid()};
  const SystemClock clock{};
  CozeStandIn coze{{keys(), "app-1", "127.0.0.1"}, clock, port_of(first.setting("COZE_API_URL"))};
};

}  // namespace gatehouse::support
