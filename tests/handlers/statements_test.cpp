// What a request asks of PostgreSQL once a worker is warm: nothing for a check, one statement where one is
// needed; and that a worker's memory does not grow.
#include <gmock/gmock.h>
#include <malloc.h>

#include <functional>

#include "base/log.h"
#include "flows/dev_tokens.h"
#include "flows/users.h"
#include "tests/support/api_test.h"
#include "tests/support/slowness.h"

namespace gatehouse::handlers {
namespace {

class Statements : public support::ApiTest {
 protected:
  // Of the second time. By the connection's own count: PostgreSQL's leaves out BEGIN and COMMIT.
  std::uint64_t statements_of(const std::function<support::Answer()>& ask) {
    EXPECT_LT(ask().status, 300);
    const auto before = worker.calls();
    EXPECT_LT(ask().status, 300);
    return worker.calls() - before;
  }
  std::uint64_t statements_of_a_refresh() {
    std::string token = as(client).post("/token/generate", "user_id=42").text("refresh_token");
    return statements_of([&] {
      auto answer = anyone().post("/token/refresh", "refresh_token=" + token);
      token = answer.text("refresh_token");
      return answer;
    });
  }
  support::Answer at_the_gate(const std::string& require, const std::string& credential) {
    auto question = request("GET", "/.gate/token");
    question.gate_requires = require;
    question.authorization = support::bearer(credential);
    return send(std::move(question));
  }
  std::string new_dev_token(const TenantId& of) {
    return std::string(
        flows::create_dev_token(worker, {seal, false}, actor, {of, "app", std::nullopt}, time())
            .token.reveal());
  }
  support::Answer verify(const std::string& token) {
    return anyone().post("/token/verify", "token=" + token);
  }

  static constexpr const char* kRecord =
      R"({"user_id":"u","access_token":"a","refresh_token":"r","expires_at":"2099-01-01T00:00:00Z"})";
  const support::ServiceClient client = new_client({"auth:token", "auth:validate"});
  const std::string access = generate(client).access_token;
  const std::string new_key = new_tenant().secret_key;
};

TEST_F(Statements, AreCountedWithWhatBeginsAndEndsATransaction) {
  const auto before = worker.calls();
  support::raw(worker, "SELECT 1 AS one");
  EXPECT_EQ(worker.calls() - before, 1U);
  auto tx = worker.begin();
  tx.as_tenant(tenant);
  tx.commit();
  EXPECT_EQ(worker.calls() - before, 4U);
}

TEST_F(Statements, AreNoneForAJwt) {
  EXPECT_EQ(statements_of([&] { return verify(access); }), 0U);
  EXPECT_EQ(statements_of([&] { return as(client).post("/oauth/introspect", "token=" + access); }), 0U);
  EXPECT_EQ(statements_of([&] {
              return anyone().post("/v1/internal/services/validate-token",
                                   R"({"token":")" + service_token(client) + R"("})");
            }),
            1U)
      << "the one is service_token's own";
}

TEST_F(Statements, AreNoneForAJwtThatIsRevokedOrOver) {
  const auto introspect = [&] { return as(client).post("/oauth/introspect", "token=" + access); };
  EXPECT_TRUE(introspect().flag("active"));
  EXPECT_EQ(as(client).post("/oauth/revoke", "token=" + access).status, 200);
  EXPECT_EQ(statements_of(introspect), 0U);
  EXPECT_FALSE(introspect().flag("active"));
  later(times.access);
  EXPECT_EQ(statements_of(introspect), 0U);
  EXPECT_FALSE(introspect().flag("active"));
}

TEST_F(Statements, AreNoneForTheListOfKeysWhichIsRenewedBetweenRequests) {
  EXPECT_EQ(verify(access).status, 200);
  later(Seconds(4));
  renew_key_list(*services, std::chrono::steady_clock::now());
  later(Seconds(4));
  const auto before = worker.calls();
  EXPECT_EQ(verify(access).status, 200);
  EXPECT_EQ(worker.calls() - before, 0U);
}

TEST_F(Statements, AreNoneAtTheGate) {
  const auto dev = new_dev_token(tenant);
  EXPECT_EQ(statements_of([&] { return at_the_gate("devtoken", dev); }), 0U);
  EXPECT_EQ(statements_of([&] { return at_the_gate("access", access); }), 0U);
  EXPECT_EQ(statements_of([&] { return at_the_gate("tenant_key", new_key); }), 0U);
}

TEST_F(Statements, AreNoneWhereAClientIsGivenAToken) {
  EXPECT_EQ(statements_of([&] { return as(client).post("/oauth/token", "grant_type=client_credentials"); }),
            0U);
}

TEST_F(Statements, AreOneForAUserAndForAVaultToken) {
  flows::import_users(owner, actor, tenant, {{"U1", "{}"}}, time());
  const auto dev = new_dev_token(tenant);
  EXPECT_EQ(statements_of([&] { return with_bearer(dev).get("/api/v1/user/U1"); }), 1U);
  const auto internal = internal_jwt();
  with_bearer(internal).post("/api/v1/tokens", kRecord);
  EXPECT_EQ(statements_of([&] { return with_bearer(internal).get("/api/v1/tokens/u"); }), 1U);
}

TEST_F(Statements, AreOneForAPairAndOneForItsRefresh) {
  EXPECT_EQ(statements_of([&] { return as(client).post("/token/generate", "user_id=42"); }), 1U);
  EXPECT_EQ(statements_of_a_refresh(), 1U);
}

// No two ES256 signatures are alike, so what a retry is to get again must be signed before it is written: one
// statement more reads for whom.
TEST_F(Statements, AreTwoForARefreshWhereSignaturesAreNotAlike) {
  sign_with("ES256");
  EXPECT_EQ(statements_of_a_refresh(), 2U);
}

// Over a hundred thousand requests. What is lost in each of one kind, be it a byte, is 32 bytes to malloc,
// and so 32 000 here at least. (AddressSanitizer brings a malloc of its own, of which this knows nothing, and
// finds leaks itself.)
TEST_F(Statements, NeitherDoesMemoryGrow) {
  flows::import_users(owner, actor, tenant, {{"U1", "{}"}}, time());
  const auto dev = new_dev_token(tenant);
  const auto internal = internal_jwt();
  with_bearer(internal).post("/api/v1/tokens", kRecord);
  std::string token = generate(client).refresh_token;
  const auto ask_with_statements = [&] {
    ASSERT_EQ(as(client).post("/token/generate", "user_id=42").status, 200);
    token = anyone().post("/token/refresh", "refresh_token=" + token).text("refresh_token");
    ASSERT_EQ(with_bearer(dev).get("/api/v1/user/U1").status, 200);
    ASSERT_EQ(with_bearer(internal).get("/api/v1/tokens/u").status, 200);
  };
  const auto ask_often = [&](int tens) {
    for (int i = 0; i < tens; ++i) {
      for (int j = 0; j < 3; ++j) ASSERT_EQ(verify(access).status, 200);
      for (int j = 0; j < 3; ++j) ASSERT_EQ(at_the_gate("devtoken", dev).status, 204);
      ASSERT_EQ(at_the_gate("access", access).status, 204);
      ASSERT_EQ(at_the_gate("tenant_key", new_key).status, 204);
      ASSERT_EQ(as(client).post("/oauth/introspect", "token=" + access).status, 200);
      ASSERT_EQ(as(client).post("/oauth/token", "grant_type=client_credentials").status, 200);
      if (i % 10 == 0) ask_with_statements();
      if (i % 100 != 0) continue;
      later(handlers::kKeyListAge + Seconds(1));
      vault_usage.flush(worker, std::chrono::steady_clock::now());
    }
  };
  testing::internal::CaptureStderr();  // a line for each
  log::start("test", "");
  ask_often(300);
  const auto before = mallinfo2().uordblks;
  ask_often(10'000 / support::kSlowness);
  const auto after = mallinfo2().uordblks;
  testing::internal::GetCapturedStderr();
  EXPECT_LT(after, before + 16'384);
}

}  // namespace
}  // namespace gatehouse::handlers
