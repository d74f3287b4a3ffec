// Who reads slowly keeps nginx waiting and no worker: eight of them would otherwise be all of the fast pool.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>

#include "tests/support/command.h"
#include "tests/support/raw_socket.h"
#include "tests/support/stack.h"

namespace gatehouse::support {
namespace {

// So that the system's own buffers do not read in the client's place.
constexpr int kReceiveBuffer = 4096;

class SlowReaders : public Stack {
 protected:
  // A thousand users, whose profiles are as long as they may be: 16 MB.
  void fill_tenant() const {
    const auto filled = run_command(
        {"psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", std::getenv("GATEHOUSE_TEST_DB"), "-c",
         "INSERT INTO gatehouse.users (tenant_id, user_id, email, email_key, password_hash, profile, "
         "created_at) SELECT '" +
             made.text("id") +
             "', 'usr_' || lpad(n::text, 12, '0'), n, n, '', ('{\"a\":\"' || repeat('a', 16376) || "
             "'\"}')::json, now() FROM generate_series(1, 1000) n"});
    ASSERT_TRUE(filled.ok()) << filled.output;
  }
  std::string bytes_for(const std::string& path) const {
    return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " +
           made.text("secret_key") + "\r\nConnection: close\r\n\r\n";
  }

  const HttpAnswer made = send(json_call(first.http("/v1/tenants"), R"({"name":"slow"})"));
  const std::string token = new_pair(new_client({"auth:token"})).access;
};

TEST_F(SlowReaders, OfTheLargestPageThereIsLeaveTheWorkersToOthers) {
  fill_tenant();
  std::vector<std::unique_ptr<RawSocket>> readers;
  for (int i = 0; i < 8; ++i) {
    readers.push_back(std::make_unique<RawSocket>(first.http_port(), "127.0.0.1", kReceiveBuffer));
    readers.back()->send(bytes_for("/v1/users"));
  }
  for (const auto& reader : readers) ASSERT_NE(reader->receive_some(), "");  // the answer has begun
  for (int i = 0; i < 20; ++i) {
    const auto answer = send(verify_call(token));
    EXPECT_EQ(answer.status, 200);
    ASSERT_LT(answer.seconds, 1.0 * kSlowness);
  }
  // And they get all of it.
  const auto rest = readers.front()->receive(std::chrono::seconds(5));
  EXPECT_THAT(rest, ::testing::HasSubstr(R"("next_cursor":)"));
}

}  // namespace
}  // namespace gatehouse::support
