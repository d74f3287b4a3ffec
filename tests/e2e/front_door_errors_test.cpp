// nginx's own errors: the contract's JSON in the shape of each family of paths, and no trace of a credential
// that somebody put into the query.
#include <algorithm>
#include <csignal>
#include <thread>

#include "tests/support/raw_socket.h"
#include "tests/support/secrets.h"
#include "tests/support/stack.h"

namespace gatehouse::support {
namespace {

using std::chrono::seconds;
using namespace std::string_literals;

class FrontDoorErrors : public Stack {
 protected:
  static const std::vector<std::string>& every_family() {
    static const std::vector<std::string> paths{"/token/refresh", "/oauth/revoke",
                                                "/v1/internal/services/register", "/api/oauth2/v3/token"};
    return paths;
  }
  static HttpAnswer say(int port, const std::string& bytes) { return parsed(raw_exchange(port, bytes)); }
  HttpAnswer say(const std::string& bytes) const { return say(first.http_port(), bytes); }

  // A token that was issued, where it must not be.
  std::string query() const { return "?token=" + pair.access + "&refresh_token=" + pair.refresh; }
  void expect_no_trace(const Instance& instance) const {
    EXPECT_EQ(instance.logs_with(pair.access), std::vector<std::string>{});
    EXPECT_EQ(instance.logs_with(pair.access.substr(pair.access.rfind('.') + 1)), std::vector<std::string>{});
    EXPECT_EQ(instance.logs_with(pair.refresh), std::vector<std::string>{});
  }
  // The same, where nginx has written of it in its error log: the search finds the line, and no query in it.
  void expect_no_trace_but(const Instance& instance, const std::string& words) const {
    const auto is_there = [&] {
      const auto lines = instance.log_lines("nginx-error.log", words);
      return std::any_of(lines.begin(), lines.end(), [](const auto& line) {
        return line.find("/token/refresh?...") != std::string::npos;
      });
    };
    EXPECT_TRUE(soon(is_there)) << words;
    expect_no_trace(instance);
  }

  const ServiceClient client = new_client({"auth:token"});
  const Pair pair = new_pair(client);
};

TEST_F(FrontDoorErrors, NoHostHeaderIs400) {
  for (const auto& path : every_family()) expect_error(say("GET " + path + " HTTP/1.1\r\n\r\n"), 400, path);
}

TEST_F(FrontDoorErrors, ALineThatIsNoRequestIs400) {
  expect_error(say("this is no request\r\n\r\n"), 400, "/");
  expect_error(say("GET /token/verify HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), 400, "/token/verify");
  expect_error(say("GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n"), 400, "/");
  expect_error(say("GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n"s), 400, "/");
  expect_error(say("POST /oauth/token HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n"), 400,
               "/oauth/token");
  expect_error(say("GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n"), 400, "/");
}

TEST_F(FrontDoorErrors, AMethodThatNoRouteCanHaveIs405) {
  for (const auto& path : every_family())
    expect_error(say("TRACE " + path + " HTTP/1.1\r\nHost: x\r\n\r\n"), 405, path);
}

TEST_F(FrontDoorErrors, AnErrorWithinAnErrorIsJsonToo) {
  for (const auto& path : every_family()) {
    const std::string head = " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    expect_error(say("TRACE " + path + head + "this is no chunk\r\n"), 400, path);
    expect_error(say("POST " + path + head + "this is no chunk\r\n"), 400, path);
  }
}

TEST_F(FrontDoorErrors, ABodyBeyond64KiBIs413) {
  for (const auto& path : every_family()) {
    auto call = json_call(first.http(path + query()), std::string(std::size_t{65} * 1024, ' '));
    expect_error(send(call), 413, path);
    expect_error(say("POST " + path + query() + " HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n"),
                 413, path);
  }
  expect_no_trace_but(first, "too large body");
}

TEST_F(FrontDoorErrors, ABodyOf64KiBIsRead) {
  std::string body = R"({"token":"x","more":")";
  body += std::string(std::size_t{64} * 1024 - body.size() - 2, 'y') + "\"}";
  EXPECT_EQ(send(json_call(first.http("/token/verify"), body)).status, 200);
}

TEST_F(FrontDoorErrors, AUrlThatIsTooLongIs414) {
  for (const auto& path : every_family()) {
    const std::string line =
        "GET " + path + query() + std::string(9000, 'x') + " HTTP/1.1\r\nHost: x\r\n\r\n";
    expect_error(say(line), 414, path);
  }
  expect_no_trace(first);
}

TEST_F(FrontDoorErrors, HeadersThatAreTooLargeAre431) {
  for (const auto& path : every_family()) {
    const std::string head = "GET " + path + query() + " HTTP/1.1\r\nHost: x\r\nX-Large: ";
    expect_error(say(head + std::string(9000, 'x') + "\r\n\r\n"), 431, path);
  }
  expect_no_trace(first);
}

TEST_F(FrontDoorErrors, PlainHttpToTheTlsPortIs400) {
  const auto answer = say(first.https_port(), "GET /token/verify" + query() + " HTTP/1.1\r\nHost: x\r\n\r\n");
  expect_error(answer, 400, "/token/verify");
  expect_no_trace(first);
}

TEST_F(FrontDoorErrors, ATransferCodingThatNobodyKnowsIs501AndAnotherVersionIs505) {
  expect_error(say("POST /token/verify HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: pigeon\r\n\r\n"), 501,
               "/token/verify");
  expect_error(say("GET /oauth/token HTTP/3.7\r\nHost: x\r\n\r\n"), 505, "/oauth/token");
}

TEST_F(FrontDoorErrors, TooManyRequestsAre429WithoutATrace) {
  const Instance limited = Instance::second();
  for (const auto& path : every_family()) {
    auto call = json_call(limited.http(path + query()), "{}");
    call.source = "127.41.3." + std::to_string(1 + path.size());
    HttpAnswer refused;
    for (const auto& answer : send_at_once(std::vector<HttpCall>(80, call))) {
      if (answer.status == 429) refused = answer;
    }
    expect_error(refused, 429, path);
  }
  // In the access log only: nginx's error log would have each of a flood.
  const std::string line = R"("path":"/token/refresh","protocol":"HTTP/1.1","status":429)";
  EXPECT_TRUE(soon([&] { return !limited.log_lines("nginx-access.log", line).empty(); }));
  EXPECT_TRUE(limited.log_lines("nginx-error.log", "limiting requests").empty());
  expect_no_trace(limited);
}

TEST_F(FrontDoorErrors, APoolThatIsGoneIs502AndUpBringsItBack) {
  const Instance other = Instance::second();
  const auto workers = other.workers("fast");
  ASSERT_FALSE(workers.empty());
  // Its supervisor as well, or the workers would be back at once.
  const pid_t supervisor = std::stoi(
      process_file(workers.front(), "stat").substr(process_file(workers.front(), "stat").rfind(") ") + 4));
  kill(supervisor, SIGKILL);
  for (const pid_t pid : workers) kill(pid, SIGKILL);
  ASSERT_TRUE(soon([&] { return other.workers("fast").empty(); }));
  for (const auto& path : every_family()) {
    auto call = json_call(other.http(path + query()), "{}");
    call.source = "127.41.5." + std::to_string(1 + path.size());
    expect_error(send(call), 502, path);
  }
  expect_no_trace_but(other, "connect() to unix:");
  const auto result = other.up();
  EXPECT_TRUE(result.ok()) << result.output;
  EXPECT_EQ(other.workers("fast").size(), workers.size());
  EXPECT_EQ(send({.url = other.http("/.well-known/jwks.json"), .source = "127.41.6.1"}).status, 200);
}

TEST_F(FrontDoorErrors, AFullQueueForHashingIs503) {
  const Instance other = Instance::second();
  const auto workers = other.workers("hash");
  for (const pid_t pid : workers) kill(pid, SIGSTOP);
  auto call = json_call(other.http("/v1/auth/login" + query()), "{}");
  call.source = "127.41.6.1";
  std::vector<HttpAnswer> answers;
  std::thread asking([&] { answers = send_at_once(std::vector<HttpCall>(8, call)); });
  std::this_thread::sleep_for(seconds(1));
  for (const pid_t pid : workers) kill(pid, SIGCONT);
  asking.join();
  int queued = 0;
  for (const auto& answer : answers) {
    if (answer.status == 503) expect_error(answer, 503, "/v1/auth/login");
    if (answer.status != 503) ++queued;
  }
  EXPECT_EQ(queued, 2) << "HASH_QUEUE of that instance";
  expect_no_trace(other);
}

// HASH_QUEUE of this instance is 256; seven eighths of that are 224.
TEST_F(FrontDoorErrors, OneAddressCannotFillTheQueueForHashing) {
  const auto workers = first.workers("hash");
  for (const pid_t pid : workers) kill(pid, SIGSTOP);
  auto call = json_call(first.http("/v1/auth/login"), "{}");
  call.source = "127.41.9.1";
  std::vector<HttpAnswer> answers;
  std::thread asking([&] { answers = send_at_once(std::vector<HttpCall>(300, call)); });
  std::this_thread::sleep_for(seconds(2));
  call.source = "127.41.9.2";
  HttpAnswer other;
  std::thread elsewhere([&] { other = send(call); });
  std::this_thread::sleep_for(seconds(1));
  for (const pid_t pid : workers) kill(pid, SIGCONT);
  asking.join();
  elsewhere.join();
  EXPECT_EQ(std::count_if(answers.begin(), answers.end(), [](const auto& a) { return a.status == 503; }),
            300 - 224);
  EXPECT_EQ(other.status, 401) << other.body;
}

// What they asked for is still in the queue, and will be hashed.
TEST_F(FrontDoorErrors, WhoHangsUpStillCountsInTheQueueForHashing) {
  const Instance other = Instance::second();
  const auto workers = other.workers("hash");
  for (const pid_t pid : workers) kill(pid, SIGSTOP);
  for (int i = 0; i < 2; ++i) {  // HASH_QUEUE of that instance
    RawSocket hasty(other.http_port());
    hasty.send("POST /v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}");
    std::this_thread::sleep_for(seconds(1));
  }
  auto call = json_call(other.http("/v1/auth/login"), "{}");
  call.source = "127.41.8.1";
  HttpAnswer answer;
  std::thread asking([&] { answer = send(call); });
  std::this_thread::sleep_for(seconds(1));
  for (const pid_t pid : workers) kill(pid, SIGCONT);
  asking.join();
  expect_error(answer, 503, "/v1/auth/login");
}

TEST_F(FrontDoorErrors, WorkersThatHangAre504AfterHalfAMinute) {
  const Instance other = Instance::second();
  const auto workers = other.workers("fast");
  for (const pid_t pid : workers) kill(pid, SIGSTOP);
  std::vector<HttpCall> calls;
  for (const auto& path : every_family()) calls.push_back(json_call(other.http(path + query()), "{}"));
  for (auto& call : calls) call.source = "127.41.7.1";
  const auto answers = send_at_once(calls);
  for (const pid_t pid : workers) kill(pid, SIGCONT);
  for (std::size_t i = 0; i < calls.size(); ++i) expect_error(answers[i], 504, every_family()[i]);
  expect_no_trace(other);
  EXPECT_TRUE(soon([&] { return every_worker_is_well(other); }));
}

TEST_F(FrontDoorErrors, WhatIsInternalCannotBeAskedFor) {
  for (const auto* path :
       {"/.error/500", "/.error/", "/@outbound", "/.hash/", "/.fast/", "/.fast/api/v1/tokens/x"})
    EXPECT_EQ(send({.url = first.http(path)}).status, 404) << path;
}

}  // namespace
}  // namespace gatehouse::support
