// Connections that nginx keeps to workers: straight to a worker of the test's own, which is the only one
// behind its socket, what becomes of the next request; and through nginx, that nobody starves and nothing is
// lost.
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "tests/support/command.h"
#include "tests/support/load.h"
#include "tests/support/stack.h"

namespace gatehouse::support {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using Sign = KeptConnection::Sign;

// What libfcgi reads at once, so what a request left unread begins behind it.
constexpr std::size_t kReadAtOnce = 8192;

class KeptConnections : public Stack {
 protected:
  explicit KeptConnections(const std::string& pool = "check") {
    const std::string file = socket_ + ".pid";
    const auto started = run_command({"bash", "-c",
                                      "spawn-fcgi -s " + socket_ + " -P " + file + " -- " + test_binaries() +
                                          "/worker --pool " + pool + " --settings " + first.state() +
                                          "/settings >" + file + ".log 2>&1"});
    std::ifstream(file) >> worker_;
    if (!started.ok() || worker_ <= 0)
      throw std::runtime_error("no worker: " + run_command({"cat", file + ".log"}).output);
    if (!fastcgi_call(socket_, health())) throw std::runtime_error("the worker does not answer");
  }
  ~KeptConnections() override {
    stop();
    if (is_gone_within(seconds(10))) return;
    ADD_FAILURE() << "the worker does not end";
    kill(worker_, SIGKILL);
  }

  KeptConnection connect() const { return KeptConnection(socket_); }
  void stop() const { kill(worker_, SIGTERM); }
  bool is_gone_within(milliseconds patience) const {
    return soon([&] { return !is_alive(worker_); }, patience);
  }

  static FastcgiParameters health() { return fastcgi_parameters("GET", "/health"); }
  std::string verify_body() const { return R"({"token":")" + pair.access + R"("})"; }
  static FastcgiParameters verifying(std::string_view body) {
    return fastcgi_parameters("POST", "/token/verify", "application/json", body);
  }
  bool verifies(const KeptConnection& connection) const {
    const auto answer = connection.call(verifying(verify_body()), verify_body());
    return answer && answer->body.find(R"("is_valid":true)") != std::string::npos;
  }

  // A request that was never sent, in the body of one of which the worker reads `announced` bytes at most:
  // just where a worker goes on reading that has forgotten about the rest.
  static std::string with_a_forged_request(std::size_t announced, std::size_t size) {
    FastcgiParameters outer = verifying({});
    outer.emplace_back("CONTENT_LENGTH", std::to_string(announced));
    FastcgiParameters forged = health();
    forged.emplace_back("REMOTE_ADDR", "10.0.0.1");
    forged.emplace_back("GATEHOUSE_PRIVATE", "1");
    std::string body(kReadAtOnce - fastcgi_request(outer, {}, true).size(), ' ');
    body += fastcgi_request(forged, {}, true);
    body.resize(std::max(size, body.size()), ' ');
    return fastcgi_request(outer, body, true);
  }

  const ServiceClient client = new_client({"auth:token"});
  const Pair pair = new_pair(client);

 private:
  // Of this test's own: others of them run beside it.
  const std::string socket_ = test_folder() + "/kept-" + std::to_string(getpid()) + ".sock";
  pid_t worker_ = 0;
};

TEST_F(KeptConnections, EachRequestOnOneGetsItsOwnAnswer) {
  const auto connection = connect();
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(verifies(connection));
    const std::string other = R"({"token":"another"})";
    const auto refused = connection.call(verifying(other), other);
    ASSERT_TRUE(refused);
    EXPECT_NE(refused->body.find(R"("is_valid":false)"), std::string::npos) << refused->body;
    EXPECT_EQ(connection.call(fastcgi_parameters("GET", "/nowhere"))->status, 404);
  }
  EXPECT_EQ(connection.next_sign(milliseconds(100)), Sign::none);
}

TEST_F(KeptConnections, WhatFollowsAnAnnouncedBodyIsNoRequestAndEndsTheConnection) {
  const auto connection = connect();
  ASSERT_TRUE(connection.exchange(with_a_forged_request(5, 0)));
  EXPECT_EQ(connection.next_sign(seconds(3)), Sign::end);
  EXPECT_TRUE(verifies(connect()));
}

// Closing would lose a request that nginx has sent when it had the answer.
TEST_F(KeptConnections, ABodyThatIsTooLargeIsReadAwayAndWhatComesNextIsAnswered) {
  const auto connection = connect();
  const auto answer = connection.exchange(with_a_forged_request(100000, 100000 - kReadAtOnce));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 413);
  EXPECT_EQ(connection.next_sign(milliseconds(200)), Sign::none);
  EXPECT_TRUE(verifies(connection));
}

TEST_F(KeptConnections, ABodyBeyondAllBoundsEndsTheConnection) {
  const auto connection = connect();
  const std::size_t size = std::size_t{5} * 1024 * 1024;
  const std::string body(size, 'x');
  const auto answer = connection.call(verifying(body), body);
  EXPECT_EQ(answer ? answer->status : 413, 413);
  EXPECT_EQ(connection.next_sign(seconds(3)), Sign::end);
  EXPECT_TRUE(verifies(connect()));
}

TEST_F(KeptConnections, ABodyThatIsShorterThanAnnouncedIsNotAnswered) {
  const auto connection = connect();
  EXPECT_TRUE(verifies(connection));
  EXPECT_FALSE(connection.call(verifying(verify_body()), verify_body().substr(1)));
  EXPECT_EQ(connection.next_sign(seconds(3)), Sign::end);
  EXPECT_TRUE(verifies(connect()));
}

TEST_F(KeptConnections, WhatIsNoRequestEndsTheConnection) {
  const std::string abort("\1\2\0\1\0\0\0\0", 8);
  const std::string another_version("\2\1\0\1\0\0\0\0", 8);
  for (const auto& record : {abort, another_version}) {
    const auto connection = connect();
    EXPECT_TRUE(verifies(connection));
    EXPECT_FALSE(connection.exchange(record));
    EXPECT_TRUE(verifies(connect()));
  }
}

TEST_F(KeptConnections, AWorkerThatIsToldToStopAnswersWhatStillComesOnOne) {
  {
    const auto connection = connect();
    EXPECT_TRUE(verifies(connection));
    stop();
    EXPECT_EQ(connection.next_sign(milliseconds(300)), Sign::none);
    EXPECT_TRUE(verifies(connection));
    EXPECT_FALSE(is_gone_within(milliseconds(100)));
  }
  EXPECT_TRUE(is_gone_within(milliseconds(1000 * kSlowness)));
}

TEST_F(KeptConnections, OneThatIsNeverClosedIsDroppedAfterFiveSeconds) {
  const auto connection = connect();
  EXPECT_TRUE(verifies(connection));
  EXPECT_EQ(connection.next_sign(milliseconds(4500)), Sign::none);
  ASSERT_EQ(connection.next_sign(milliseconds(1000 * kSlowness)), Sign::end);
  EXPECT_TRUE(verifies(connect()));
}

TEST_F(KeptConnections, WhoeverSendsOnAndOnKeepsNoWorkerFromStopping) {
  const auto connection = connect();
  EXPECT_TRUE(verifies(connection));
  stop();
  EXPECT_TRUE(
      soon([&] { return connection.next_sign(milliseconds(100)) == Sign::end || !verifies(connection); },
           milliseconds(6500)));
  EXPECT_TRUE(is_gone_within(milliseconds(1000 * kSlowness)));
}

TEST_F(KeptConnections, NoneHoldsUpAnother) {
  std::vector<KeptConnection> connections;
  for (int i = 0; i < 20; ++i) connections.push_back(connect());
  for (int round = 0; round < 3; ++round) {
    for (const auto& connection : connections) EXPECT_TRUE(verifies(connection));
  }
}

// Nothing, or half of a request.
TEST_F(KeptConnections, WhoeverSaysNothingHoldsUpNobodyAndWhoeverBreaksOffNobodyForLong) {
  const auto silent = connect();
  const auto start = steady_clock::now();
  EXPECT_TRUE(verifies(connect()));
  EXPECT_LT(steady_clock::now() - start, milliseconds(500) * kSlowness);
  const auto half = connect();
  half.send(fastcgi_request(verifying(verify_body()), verify_body(), true).substr(0, 100));
  EXPECT_TRUE(verifies(connect()));
  EXPECT_LT(steady_clock::now() - start, seconds(5) * kSlowness);
  EXPECT_EQ(half.next_sign(seconds(3)), Sign::end);
}

// More than a batch of rows for the access log.
TEST_F(KeptConnections, WhatAWorkerDoesAfterItsAnswerClosesNone) {
  const auto connection = connect();
  auto parameters =
      fastcgi_parameters("POST", "/oauth/introspect", "application/x-www-form-urlencoded", "token=x");
  parameters.emplace_back("HTTP_AUTHORIZATION", "Bearer " + service_token(client));
  for (int i = 0; i < 250; ++i) {
    const auto answer = connection.call(parameters, "token=x");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 401);
  }
  EXPECT_EQ(connection.next_sign(milliseconds(100)), Sign::none);
}

// Whose requests wait for something: whoever is kept there would hold it.
class OneAtATime : public KeptConnections {
 protected:
  OneAtATime() : KeptConnections("fast") {}
};

TEST_F(OneAtATime, AWorkerKeepsNoConnectionWhateverItIsAskedFor) {
  const auto connection = connect();
  EXPECT_TRUE(verifies(connection));
  EXPECT_EQ(connection.next_sign(seconds(3)), Sign::end);
  EXPECT_TRUE(verifies(connect()));
}

class KeptByNginx : public Stack {
 protected:
  // The workers' ends of connections to the first instance's workers for checks: their numbers.
  std::set<std::string> open_connections() const {
    std::set<std::string> found;
    std::ifstream list("/proc/net/unix");
    for (std::string line; std::getline(list, line);) {
      std::istringstream words(line);
      std::string number, references, protocol, flags, type, state, inode, path;
      words >> number >> references >> protocol >> flags >> type >> state >> inode >> path;
      if (path == first.socket("check") && state == "03") found.insert(inode);
    }
    return found;
  }

  const ServiceClient client = new_client({"auth:token"});
  const Pair pair = new_pair(client);
};

TEST_F(KeptByNginx, ManyRequestsOfAClientTakeFewConnections) {
  // Where the machine is so busy that requests take as long as a connection is kept: once more.
  std::size_t connections = 50;
  for (int round = 0; round < 10 && connections > 10; ++round) {
    std::set<std::string> seen;
    HttpClient program;
    for (int i = 0; i < 50; ++i) {
      ASSERT_EQ(program.send(verify_call(pair.access)).status, 200);
      seen.merge(open_connections());
    }
    connections = seen.size();
  }
  EXPECT_GT(connections, 0U);
  EXPECT_LE(connections, 10U);
  EXPECT_TRUE(soon([&] { return open_connections().empty(); }, seconds(2)))
      << "nginx keeps them for too long";
}

TEST_F(KeptByNginx, AfterABurstNobodyStarves) {
  for (int i = 0; i < 5; ++i) {
    for (const auto& answer : send_at_once(std::vector<HttpCall>(200, verify_call(pair.access))))
      ASSERT_EQ(answer.status, 200) << answer.failure;
    for (const auto& answer : send_at_once(std::vector<HttpCall>(24, verify_call(pair.access)))) {
      ASSERT_EQ(answer.status, 200) << answer.failure;
      ASSERT_LT(answer.seconds, 1.0 * kSlowness);
    }
  }
}

TEST_F(KeptByNginx, WhatAWorkerDoesAfterItsAnswerLosesNoRequest) {
  auto call = form(first.http("/oauth/introspect"), "token=x");
  call.headers.push_back("Authorization: Bearer " + service_token(client));
  Load load(24, [call] { return call; });
  load.wait_for(10000 / kSlowness);
  load.stop();
  EXPECT_EQ(load.others_than({401}), "");
}

}  // namespace
}  // namespace gatehouse::support
