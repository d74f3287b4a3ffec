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

// The stand-in, and calls under key ids that no other test has: answers are kept.
class CozeBeside {
 protected:
  explicit CozeBeside(const Instance& instance, int key_ids = 4);
  HttpCall exchange(const std::string& kid, const std::string& url) const;

  const SystemClock clock{};
  const std::vector<std::string> kids;
  CozeStandIn coze;

 private:
  const Instance& instance_;
};

class CozeStack : public Stack, protected CozeBeside {
 protected:
  CozeStack() : CozeBeside(first) {}
};

}  // namespace gatehouse::support
