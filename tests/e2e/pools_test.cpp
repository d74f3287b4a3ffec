// That a pool is of use: what one kind of request waits for delays no other kind.
#include <cstdlib>
#include <thread>

#include "tests/support/command.h"
#include "tests/support/load.h"
#include "tests/support/stack.h"

namespace gatehouse::support {
namespace {

using std::chrono::milliseconds;

class PoolIsolation : public Stack {
 protected:
  // A worker gives up after a second, and its client asks again.
  std::thread nobody_writes_families_for_a_while() const {
    std::thread lock([] {
      run_command({"psql", "-X", "-q", std::getenv("GATEHOUSE_TEST_DB"), "-c",
                   "BEGIN; LOCK TABLE gatehouse.token_families IN SHARE MODE; SELECT pg_sleep(3); COMMIT"});
    });
    EXPECT_TRUE(soon([&] { return send(generate()).seconds > 0.5; })) << "nothing is locked";
    return lock;
  }
  HttpCall generate() const {
    auto call = form(first.http("/token/generate"), "user_id=42");
    call.basic = client.basic();
    return call;
  }
  // There is none of that name, which a row would have to say.
  HttpCall read() const {
    HttpCall call{.url = first.http("/api/v1/user/nobody")};
    call.headers = {"Authorization: Bearer " + dev_token.text};
    return call;
  }
  const ServiceClient client = new_client({"auth:token"});
  const Pair pair = new_pair(client);
  const DevToken dev_token = new_dev_token();
};

TEST_F(PoolIsolation, WhoeverWaitsToWriteDelaysNoCheckNoTokenOfAClientAndNoRead) {
  auto lock = nobody_writes_families_for_a_while();
  Load writing(16, [call = generate()] { return call; });
  std::this_thread::sleep_for(milliseconds(200));
  for (int i = 0; i < 20; ++i) {
    EXPECT_LT(send(verify_call(pair.access)).seconds, 0.5 * kSlowness);
    const auto answer = send(read());
    EXPECT_EQ(answer.status, 404) << answer.body;
    EXPECT_LT(answer.seconds, 0.5 * kSlowness);
  }
  EXPECT_FALSE(service_token(client).empty());
  EXPECT_LT(writing.answered(), 50) << "nobody waited";
  writing.stop();
  lock.join();
}

}  // namespace
}  // namespace gatehouse::support
