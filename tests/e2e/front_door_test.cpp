// What nginx adds to every answer, where it listens, whom it limits and whom it believes.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "handlers/gate.h"
#include "handlers/routes.h"
#include "tests/support/raw_socket.h"
#include "tests/support/stack.h"

namespace gatehouse::support {
namespace {

class FrontDoor : public Stack {
 protected:
  static void expect_security_headers(const HttpAnswer& answer) {
    EXPECT_EQ(answer.header("x-request-id").value_or("").size(), 32U);
    EXPECT_EQ(answer.header("x-content-type-options"), "nosniff");
    EXPECT_EQ(answer.header("referrer-policy"), "no-referrer");
    EXPECT_TRUE(answer.header("content-security-policy").has_value());
    EXPECT_EQ(answer.header("server"), "nginx") << "the version is nobody's business";
    EXPECT_FALSE(answer.header("x-powered-by").has_value());
    const auto ids = std::count_if(answer.headers.begin(), answer.headers.end(),
                                   [](const auto& header) { return header.first == "x-request-id"; });
    EXPECT_EQ(ids, 1);
  }

  static bool has_ipv6() {
    std::ifstream list("/proc/net/if_inet6");
    for (std::string address; std::getline(list, address);) {
      if (address.starts_with("00000000000000000000000000000001")) return true;
    }
    return false;
  }

  // The addresses of this machine that are not loopback.
  static std::vector<std::string> outer_addresses() {
    const auto result = run_command({"perl", "-e", R"(
      open my $f, '<', '/proc/net/fib_trie'; my ($a, %seen);
      while (<$f>) { $a = $1 if /\|-- ([\d.]+)/; $seen{$a} = 1 if /host LOCAL/ && $a !~ /^127\./; }
      print join("\n", sort keys %seen))"});
    std::vector<std::string> addresses;
    std::istringstream lines(result.output);
    for (std::string line; std::getline(lines, line);) addresses.push_back(line);
    return addresses;
  }

  static bool connects(int port, const std::string& host) {
    try {
      const RawSocket socket(port, host);
      return true;
    } catch (const std::system_error&) {
      return false;
    }
  }

  static std::vector<HttpAnswer> flood(HttpCall call, const std::string& source, std::size_t count) {
    call.source = source;
    return send_at_once(std::vector<HttpCall>(count, call));
  }
  static int refused_among(const std::vector<HttpAnswer>& answers) {
    return static_cast<int>(
        std::count_if(answers.begin(), answers.end(), [](const HttpAnswer& a) { return a.status == 429; }));
  }

  // What the log calls the client of the request that was answered so.
  static std::string logged_address(const Instance& instance, const HttpAnswer& answer) {
    const auto id = answer.header("x-request-id").value_or("none");
    std::vector<std::string> lines;
    soon([&] { return !(lines = instance.log_lines("nginx-access.log", id)).empty(); });
    return lines.empty() ? "not logged" : HttpAnswer{.body = lines.front()}.text("address");
  }
};

TEST_F(FrontDoor, EveryRouteAnswersWithARequestIdAndSecurityHeaders) {
  for (const auto& route : handlers::routes()) {
    for (const auto* method : {"GET", "POST", "HEAD", "OPTIONS", "DELETE"}) {
      SCOPED_TRACE(std::string(method) + " " + std::string(route.pattern));
      const auto answer = send({.method = method, .url = first.http(std::string(route.pattern))});
      expect_security_headers(answer);
      EXPECT_FALSE(answer.header("strict-transport-security").has_value()) << "on a plain listener";
    }
  }
}

TEST_F(FrontDoor, OverTlsEveryAnswerHasHsts) {
  for (const auto* path : {"/health", "/nothing", "/token/verify"}) {
    const auto answer = send({.url = first.https(path), .ca_file = first.certificate()});
    ASSERT_NE(answer.status, 0) << answer.failure;
    expect_security_headers(answer);
    EXPECT_EQ(answer.header("strict-transport-security"), "max-age=31536000");
  }
}

TEST_F(FrontDoor, TheClientsOwnRequestIdIsNotTaken) {
  const std::string forged(32, 'a');
  const auto answer = send({.url = first.http("/nothing"), .headers = {"X-Request-Id: " + forged}});
  EXPECT_NE(answer.header("x-request-id"), forged);
  EXPECT_EQ(first.log_lines("worker-fast.log", forged).size(), 0U);
  EXPECT_EQ(first.log_lines("worker-fast.log", *answer.header("x-request-id")).size(), 1U);
}

TEST_F(FrontDoor, TheRequestIdFindsTheLinesOfNginxAndWorker) {
  const auto answer = send(form(first.http("/token/refresh"), "refresh_token=none"));
  ASSERT_EQ(answer.status, 401);
  const auto id = answer.header("x-request-id").value();
  EXPECT_TRUE(soon([&] { return first.log_lines("nginx-access.log", id).size() == 1; }));
  ASSERT_EQ(first.log_lines("worker-fast.log", id).size(), 1U);
  EXPECT_EQ((HttpAnswer{.body = first.log_lines("worker-fast.log", id).front()}.text("route")),
            "/token/refresh");
}

TEST_F(FrontDoor, CredentialsInTheQueryAre400OnEveryRoute) {
  for (const auto& route : handlers::routes()) {
    const std::string method(fcgi::name_of(route.method));
    if (route.pattern == handlers::gate::kPath) continue;  // from outside there is none
    for (const auto* name : {"access_token", "client_secret", "token", "refresh_token", "password"}) {
      const std::string path = std::string(route.pattern) + "?" + name + "=abc";
      EXPECT_EQ(send({.method = method, .url = first.http(path)}).status, 400) << method << " " << path;
    }
  }
}

TEST_F(FrontDoor, WhatNginxAsksItselfIsNotThereForOthers) {
  for (const auto* method : {"GET", "POST"}) {
    const std::string path(handlers::gate::kPath);
    expect_error(send({.method = method, .url = first.http(path)}), 404, path);
  }
}

TEST_F(FrontDoor, AnswersWithATokenAreNotStored) {
  auto call = form(first.http("/token/generate"), "user_id=42");
  call.basic = new_client({"auth:token"}).basic();
  EXPECT_EQ(send(call).header("cache-control"), "no-store");
}

TEST_F(FrontDoor, TheCozePortKnowsTwoPathsOnly) {
  EXPECT_EQ(send({.url = first.coze("/health")}).status, 200);
  expect_error(send(json_call(first.coze("/token"), "{}")), 400, "/token");
  for (const auto* path : {"/", "/token/", "/health/", "/health/x", "/v1/internal/services/register",
                           "/oauth/token", "/.well-known/jwks.json", "//health"}) {
    expect_error(send(json_call(first.coze(path), "{}")), 404, path);
  }
  expect_error(send(json_call(first.coze("/token/verify"), R"({"token":"x"})")), 404, "/token/verify");
}

TEST_F(FrontDoor, ThePlainListenersAreOnLoopbackOnly) {
  EXPECT_TRUE(connects(first.http_port(), "127.0.0.1"));
  EXPECT_TRUE(connects(first.coze_port(), "127.0.0.1"));
  for (const auto& address : outer_addresses()) {
    EXPECT_FALSE(connects(first.http_port(), address)) << address;
    EXPECT_FALSE(connects(first.coze_port(), address)) << address;
    EXPECT_TRUE(connects(first.https_port(), address)) << address;
  }
}

TEST_F(FrontDoor, Ipv6IsServedWhereTheMachineHasIt) {
  for (const int port : {first.http_port(), first.coze_port(), first.https_port()})
    EXPECT_EQ(connects(port, "::1"), has_ipv6()) << port;
}

TEST_F(FrontDoor, OneAddressIsLimitedAndAnotherIsNot) {
  const Instance limited = Instance::second();
  const HttpCall health{.url = limited.http("/health")};
  const auto answers = flood(health, "127.42.0.1", 120);
  const int refused = refused_among(answers);
  EXPECT_GE(refused, 40);  // 10 a second and a burst of 50
  EXPECT_LE(refused, 70);
  for (const auto& answer : answers)
    EXPECT_TRUE(answer.status == 200 || answer.status == 429) << answer.status;
  EXPECT_EQ(refused_among(flood(health, "127.42.0.2", 20)), 0);
}

TEST_F(FrontDoor, OneCredentialIsLimitedWhereverItComesFrom) {
  const Instance limited = Instance::second();
  HttpCall call{.url = limited.http("/health"), .headers = {"Authorization: Bearer one-and-the-same"}};
  int refused = 0;
  for (int i = 0; i < 4; ++i) refused += refused_among(flood(call, "127.42.1." + std::to_string(i + 1), 20));
  EXPECT_GE(refused, 40);  // 5 a second and a burst of 25
  call.headers = {"Authorization: Bearer another"};
  EXPECT_EQ(refused_among(flood(call, "127.42.1.1", 10)), 0);
}

// A scheme is read in any case and with any number of spaces behind it: all of these are one credential.
TEST_F(FrontDoor, OneCredentialHasOneLimitHoweverItsSchemeIsWritten) {
  const Instance limited = Instance::second();
  int refused = 0;
  int place = 0;
  for (const auto* scheme : {"Bearer ", "bearer ", "BEARER ", "Bearer  ", "bEaReR    ", "Basic "}) {
    const HttpCall call{.url = limited.http("/health"),
                        .headers = {std::string("Authorization: ") + scheme + "always-the-same"}};
    refused += refused_among(flood(call, "127.42.2." + std::to_string(++place), 15));
  }
  EXPECT_GE(refused, 50);  // of 90: 5 a second and a burst of 25
}

TEST_F(FrontDoor, RegisteringServicesIsLimitedOnItsOwn) {
  const Instance limited = Instance::second();
  const auto enroll =
      json_call(limited.http("/v1/internal/services/register"), R"({"service_name":"flood"})");
  const auto answers = flood(enroll, "127.42.2.1", 30);
  EXPECT_GE(refused_among(answers), 20);  // 1 a second and a burst of 5
  EXPECT_EQ(refused_among(flood({.url = limited.http("/health")}, "127.42.2.1", 10)), 0);
}

TEST_F(FrontDoor, AForwardedAddressFromAStrangerChangesNothing) {
  const Instance limited = Instance::second();
  std::vector<HttpCall> calls;
  for (int i = 0; i < 120; ++i) {
    calls.push_back({.url = limited.http("/health"),
                     .headers = {"X-Forwarded-For: 203.0.113." + std::to_string(i), "X-Real-IP: 203.0.113.9"},
                     .source = "127.42.3.1"});
  }
  const auto answers = send_at_once(calls);
  EXPECT_GE(refused_among(answers), 40);
  EXPECT_EQ(logged_address(limited, answers.front()), "127.42.3.1");
  EXPECT_EQ(limited.logs_with("203.0.113."), std::vector<std::string>{});
}

TEST_F(FrontDoor, AForwardedAddressFromATrustedProxyIsTheClient) {
  const Instance proxied = Instance::second();
  const auto answer = send({.url = proxied.http("/health"),
                            .headers = {"X-Forwarded-For: 198.51.100.1, 203.0.113.77"},
                            .source = "127.9.9.9"});
  ASSERT_EQ(answer.status, 200);
  EXPECT_EQ(logged_address(proxied, answer), "203.0.113.77") << "the one that the proxy has added";
  const auto id = answer.header("x-request-id").value();
  ASSERT_TRUE(soon([&] { return proxied.log_lines("worker-fast.log", id).size() == 1; }));
  EXPECT_EQ((HttpAnswer{.body = proxied.log_lines("worker-fast.log", id).front()}.text("client")),
            "203.0.113.77");
}

}  // namespace
}  // namespace gatehouse::support
