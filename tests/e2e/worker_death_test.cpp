// Workers that die, bursts of connections, reloads and rolling replacement: what clients notice of it.
#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "tests/support/command.h"
#include "tests/support/load.h"
#include "tests/support/raw_socket.h"
#include "tests/support/stack.h"

namespace gatehouse::support {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class WorkerDeath : public Stack {
 protected:
  std::function<HttpCall()> verifying() const {
    return [call = verify_call(pair.access)] { return call; };
  }
  // Nothing but 200, and a token that was good is still good.
  void expect_unharmed(Load& load) const {
    load.stop();
    EXPECT_EQ(load.others_than({200}), "");
    EXPECT_GT(load.total(), 300 / kSlowness) << "there was hardly a load";
    EXPECT_TRUE(is_valid(pair.access));
  }

  // Programs that are others, byte for byte.
  static std::string another_release() {
    const std::string release = test_folder() + "/another-release";
    std::filesystem::create_directories(release);
    for (const auto* program : {"worker", "keeper", "feed", "gatehouse"}) {
      const std::string copy = release + "/" + program;
      std::filesystem::copy_file(test_binaries() + "/" + program, copy,
                                 std::filesystem::copy_options::overwrite_existing);
      std::ofstream(copy, std::ios::app) << "another";
    }
    return release;
  }

  const ServiceClient client = new_client({"auth:token"});
  const Pair pair = new_pair(client);
};

TEST_F(WorkerDeath, AKilledWorkerOfAnyPoolIsBackWithinASecond) {
  for (const auto* pool : kPools) {
    const auto before = first.workers(pool);
    ASSERT_FALSE(before.empty()) << pool;
    kill(before.front(), SIGKILL);
    EXPECT_TRUE(soon([&] { return !is_alive(before.front()) && first.workers(pool).size() == before.size(); },
                     seconds(1)))
        << pool;
    EXPECT_EQ(send(verify_call(pair.access)).status, 200);
  }
}

// nginx asks another worker over what it keeps; a request over a connection that was new is lost.
TEST_F(WorkerDeath, KillsUnderLoadCostARequestEachAtMost) {
  constexpr int kKills = 8;
  const std::size_t size = first.workers("check").size();
  Load load(16, verifying());
  load.wait_for(200);
  for (int i = 0; i < kKills; ++i) {
    const auto workers = first.workers("check");
    ASSERT_FALSE(workers.empty());
    kill(workers[static_cast<std::size_t>(i) % workers.size()], SIGKILL);
    load.wait_for(100);
  }
  load.stop();
  EXPECT_LE(load.total() - load.count(200), kKills) << load.others_than({200});
  EXPECT_EQ(load.others_than({200, 502}), "");
  EXPECT_TRUE(soon([&] { return first.workers("check").size() == size; }, seconds(2)));
}

TEST_F(WorkerDeath, AllWorkersOfAPoolKilledAtOnceAreBackWithinASecond) {
  for (const auto* pool : {"check", "fast"}) {
    const auto before = first.workers(pool);
    for (const pid_t pid : before) kill(pid, SIGKILL);
    // Others: one that is being killed still looks alive for a moment.
    const auto are_others = [&](const std::vector<pid_t>& now) {
      return std::find_first_of(now.begin(), now.end(), before.begin(), before.end()) == now.end();
    };
    EXPECT_TRUE(soon(
        [&] {
          const auto now = first.workers(pool);
          return now.size() == before.size() && are_others(now);
        },
        seconds(1)))
        << pool;
    EXPECT_EQ(send(verify_call(pair.access)).status, 200);
    EXPECT_EQ(send({.url = first.http("/.well-known/jwks.json")}).status, 200);
  }
}

// Of those that take one connection at a time.
TEST_F(WorkerDeath, AStoppedWorkerHoldsUpOnlyItsOwnRequest) {
  const auto stopped = first.workers("fast").front();
  kill(stopped, SIGSTOP);
  Load load(8, [call = HttpCall{.url = first.http("/.well-known/jwks.json")}] { return call; });
  load.wait_for(500);
  kill(stopped, SIGCONT);
  expect_unharmed(load);
}

TEST_F(WorkerDeath, ABurstOf500ConnectionsIsServed) {
  for (const auto& answer : send_at_once(std::vector<HttpCall>(500, verify_call(pair.access))))
    ASSERT_EQ(answer.status, 200) << answer.failure << answer.body;
}

TEST_F(WorkerDeath, ABurstOf500TlsConnectionsIsServed) {
  HttpCall call{.url = first.https("/health"), .ca_file = first.certificate()};
  for (const auto& answer : send_at_once(std::vector<HttpCall>(500, call)))
    ASSERT_EQ(answer.status, 200) << answer.failure << answer.body;
}

TEST_F(WorkerDeath, ClientsThatSendNothingKeepNobodyWaiting) {
  std::vector<std::unique_ptr<RawSocket>> silent;
  for (int i = 0; i < 300; ++i) {
    silent.push_back(std::make_unique<RawSocket>(first.http_port()));
    // Half of a request: the body never comes.
    if (i % 2 == 0)
      silent.back()->send("POST /token/verify HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{");
  }
  for (int i = 0; i < 20; ++i) {
    const auto answer = send(verify_call(pair.access));
    ASSERT_EQ(answer.status, 200);
    ASSERT_LT(answer.seconds, 1.0 * kSlowness);
  }
}

TEST_F(WorkerDeath, ABodyThatStallsIsCutOff) {
  RawSocket stalled(first.http_port());
  stalled.send("POST /token/verify HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{");
  RawSocket headless(first.http_port());
  headless.send("POST /token/verify HTTP/1.1\r\nHost:");
  stalled.receive(seconds(12));
  headless.receive(seconds(2));
  EXPECT_TRUE(stalled.closed_by_peer());
  EXPECT_TRUE(headless.closed_by_peer());
}

TEST_F(WorkerDeath, ReloadsOfNginxUnderLoadFailNoRequest) {
  Load load(32, verifying());
  for (int i = 0; i < 4; ++i) {
    load.wait_for(300 / kSlowness);
    kill(first.nginx_master(), SIGHUP);
    std::this_thread::sleep_for(milliseconds(500));
  }
  expect_unharmed(load);
}

// HTTP/2 has a word (GOAWAY) for requests that crossed the server's farewell and that the client must send
// again; libcurl 7.88 reports them as failed instead. So: HTTP/1.1.
TEST_F(WorkerDeath, ReloadsOfNginxUnderTlsLoadFailNoRequest) {
  Load load(32, [&] {
    return HttpCall{.url = first.https("/health"), .ca_file = first.certificate(), .http1 = true};
  });
  for (int i = 0; i < 3; ++i) {
    load.wait_for(300 / kSlowness);
    kill(first.nginx_master(), SIGHUP);
    std::this_thread::sleep_for(milliseconds(500));
  }
  expect_unharmed(load);
}

TEST_F(WorkerDeath, RollingReplacementUnderLoadFailsNoRequest) {
  const auto before = first.all_workers();
  const std::string release = another_release();
  Load load(32, verifying());
  load.wait_for(300 / kSlowness);
  const auto result = first.up({"--rolling", "--binaries", release});
  ASSERT_TRUE(result.ok()) << result.output;
  load.wait_for(300 / kSlowness);
  expect_unharmed(load);
  EXPECT_EQ(std::filesystem::file_size(first.state() + "/release/bin/worker"),
            std::filesystem::file_size(release + "/worker"));
  const auto after = first.all_workers();
  EXPECT_EQ(after.size(), before.size());
  for (const pid_t pid : before) EXPECT_FALSE(is_alive(pid)) << "worker " << pid << " is an old one";
}

// What nginx does not send a second time must reach a worker that is there to answer it, and be done once.
class Writes : public WorkerDeath {
 protected:
  // By turns a check, which writes nothing, and a new pair of tokens.
  std::function<HttpCall()> writing() const {
    auto generate = form(first.http("/token/generate"), "user_id=42");
    generate.basic = client.basic();
    return
        [this, generate, verify = verify_call(pair.access)] { return ++calls_ % 2 == 0 ? generate : verify; };
  }
  int pairs_made() const {
    const auto counted =
        run_command({"psql", "-X", "-At", std::getenv("GATEHOUSE_TEST_DB"), "-c",
                     "SELECT count(*) FROM gatehouse.token_families WHERE client_id = '" + client.id + "'"});
    return std::stoi(counted.output);
  }
  void expect_each_done_once(Load& load) const {
    expect_unharmed(load);
    EXPECT_EQ(pairs_made(), 1 + calls_ / 2);
  }

 private:
  mutable std::atomic<int> calls_{0};
};

TEST_F(Writes, RollingReplacementLosesNoneAndRepeatsNone) {
  Load load(16, writing());
  load.wait_for(300 / kSlowness);
  const auto result = first.up({"--rolling"});
  ASSERT_TRUE(result.ok()) << result.output;
  expect_each_done_once(load);
}

TEST_F(Writes, WorkersThatAreStoppedLoseNoneAndRepeatNone) {
  Load load(16, writing());
  load.wait_for(300 / kSlowness);
  for (int round = 0; round < 8; ++round) {
    for (const pid_t worker : first.workers("fast")) {
      kill(worker, SIGTERM);
      load.wait_for(50 / kSlowness);
    }
    ASSERT_TRUE(soon([&] { return first.is_whole(); }));
  }
  expect_each_done_once(load);
}

TEST_F(WorkerDeath, RollingReplacementUnderFreshConnectionsFailsNoRequest) {
  auto call = verify_call(pair.access);
  call.headers.push_back("Connection: close");
  Load load(32, [call] { return call; });
  load.wait_for(300 / kSlowness);
  const auto result = first.up({"--rolling"});
  ASSERT_TRUE(result.ok()) << result.output;
  expect_unharmed(load);
}

}  // namespace
}  // namespace gatehouse::support
