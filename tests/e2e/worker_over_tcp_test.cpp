// Workers on another host than nginx, which reaches them over TCP: what a slow network does to a request.
#include <gmock/gmock.h>

#include <array>
#include <csignal>
#include <fstream>
#include <thread>

#include "tests/support/command.h"
#include "tests/support/raw_socket.h"
#include "tests/support/stack.h"

namespace gatehouse::support {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

class WorkerOverTcp : public Stack {
 protected:
  explicit WorkerOverTcp(const std::string& pool = "fast") {
    const std::string file = test_folder() + "/worker-over-tcp-" + pool + ".pid";
    const auto started = run_command({"bash", "-c",
                                      "spawn-fcgi -a 127.0.0.1 -p " + std::to_string(port_) + " -P " + file +
                                          " -- " + test_binaries() + "/worker --pool " + pool +
                                          " --settings " + first.state() + "/settings >/dev/null 2>&1"});
    std::ifstream(file) >> worker_;
    if (!started.ok() || worker_ <= 0) throw std::runtime_error("no worker over TCP: " + started.output);
  }
  ~WorkerOverTcp() override {
    kill(worker_, SIGTERM);
    EXPECT_TRUE(soon([&] { return !is_alive(worker_); }));
  }

  // With a pause after so many bytes of the request.
  std::string verified_with_a_pause(std::size_t at) const {
    const std::string body = R"({"token":")" + pair.access + R"("})";
    const std::string request =
        fastcgi_request(fastcgi_parameters("POST", "/token/verify", "application/json", body), body);
    RawSocket connection(port_);
    connection.send(std::string_view(request).substr(0, at));
    std::this_thread::sleep_for(milliseconds(200));  // four times the tick
    connection.send(std::string_view(request).substr(at));
    return connection.receive(milliseconds(3000));
  }

  const ServiceClient client = new_client({"auth:token"});
  const Pair pair = new_pair(client);

 private:
  const int port_ = free_port();
  pid_t worker_ = 0;
};

class ByTurnsOverTcp : public WorkerOverTcp {
 protected:
  ByTurnsOverTcp() : WorkerOverTcp("check") {}
};

// Before the first byte, within the first record, within the parameters, within the body.
constexpr std::array<std::size_t, 5> kPauses{0, 3, 40, 250, 400};

TEST_F(WorkerOverTcp, APauseWithinARequestIsNotItsEnd) {
  for (const std::size_t at : kPauses)
    EXPECT_THAT(verified_with_a_pause(at), HasSubstr(R"("is_valid":true)")) << at;
}

TEST_F(ByTurnsOverTcp, APauseWithinARequestIsNotItsEndEither) {
  for (const std::size_t at : kPauses)
    EXPECT_THAT(verified_with_a_pause(at), HasSubstr(R"("is_valid":true)")) << at;
}

}  // namespace
}  // namespace gatehouse::support
