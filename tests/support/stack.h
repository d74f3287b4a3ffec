// The vocabulary of the end-to-end tests: clients, token pairs and questions about them, over HTTP through
// nginx or straight to a pool of workers.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/fastcgi_client.h"
#include "tests/support/http.h"
#include "tests/support/instance.h"
#include "tests/support/slowness.h"

namespace gatehouse::support {

struct ServiceClient {
  std::string id;
  std::string secret;
  std::string basic() const { return id + ":" + secret; }
};

struct Pair {
  std::string access;
  std::string refresh;
  bool operator==(const Pair&) const = default;
};

struct DevToken {
  std::string id;
  std::string text;
};

class Stack : public ::testing::Test {
 protected:
  // The instances are shared by all tests: a test begins when they are well.
  Stack();

  ServiceClient new_client(const std::vector<std::string>& scopes) const {
    return new_client_of(first, scopes);
  }
  static ServiceClient new_client_of(const Instance& instance, const std::vector<std::string>& scopes);
  Pair new_pair(const ServiceClient& client) const { return new_pair_of(first, client); }
  static Pair new_pair_of(const Instance& instance, const ServiceClient& client);
  std::string service_token(const ServiceClient& client) const;
  // What stands behind `scripts/gatehouse devtoken create`.
  DevToken new_dev_token(std::vector<std::string> arguments = {"e2e"}) const;

  HttpCall refresh_call(const std::string& refresh_token) const;
  HttpCall verify_call(const std::string& access_token) const { return verify_call_of(first, access_token); }
  static HttpCall verify_call_of(const Instance& instance, const std::string& access_token);
  HttpAnswer revoke(const ServiceClient& client, const std::string& token) const {
    return revoke_at(first, client, token);
  }
  static HttpAnswer revoke_at(const Instance& instance, const ServiceClient& client,
                              const std::string& token);
  bool is_valid(const std::string& access_token) const { return is_valid_at(first, access_token); }
  static bool is_valid_at(const Instance& instance, const std::string& access_token);
  // Asks 64 times straight at a pool's socket, with all of its workers busy; how often it was valid.
  static int count_valid_at_pool(const Instance& instance, std::string_view pool,
                                 const std::string& access_token);

  // As far as some questions at every socket can tell.
  static bool every_worker_is_well(const Instance& instance);

  // Until it holds or the time is up; says which.
  static bool soon(const std::function<bool()>& holds,
                   std::chrono::milliseconds patience = std::chrono::seconds(10));

  const Instance first = Instance::first();
};

std::vector<Pair> pairs_in(const std::vector<HttpAnswer>& answers);

// Fails the test unless this is the contract's error for a path of that family, as JSON, with the headers
// that go with it.
void expect_error(const HttpAnswer& answer, int status, const std::string& path);
// The same of an answer as it came over the wire.
HttpAnswer parsed(const std::string& raw_answer);

}  // namespace gatehouse::support
