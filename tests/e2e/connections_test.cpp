// What a worker holds open: the socket that it shares with its pool, one connection to PostgreSQL, and the
// pair by which libcurl wakes itself.
#include <atomic>
#include <filesystem>

#include "tests/support/load.h"
#include "tests/support/stack.h"

namespace gatehouse::support {
namespace {

int sockets_of(pid_t pid) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd")) {
    std::error_code gone;
    if (std::filesystem::read_symlink(entry.path(), gone).string().starts_with("socket:")) ++count;
  }
  return count;
}

using Connections = Stack;

TEST_F(Connections, AreOneToPostgresqlForEachWorkerAlsoAfterALoad) {
  const auto client = new_client({"auth:token"});
  auto generate = form(first.http("/token/generate"), "user_id=42");
  generate.basic = client.basic();
  const auto verify = verify_call(new_pair(client).access);
  std::atomic<int> calls{0};
  Load load(32, [&] { return ++calls % 2 == 0 ? generate : verify; });
  load.wait_for(500 / kSlowness);
  load.stop();
  EXPECT_EQ(load.others_than({200}), "");
  // A worker may still be letting go of its last request, and nginx of what it kept.
  for (const pid_t pid : first.all_workers())
    EXPECT_TRUE(soon([&] { return sockets_of(pid) == 1 + 1 + 2; }, std::chrono::seconds(2)))
        << sockets_of(pid);
}

}  // namespace
}  // namespace gatehouse::support
