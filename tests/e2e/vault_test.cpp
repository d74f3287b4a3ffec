// The vault through the whole stack: nginx and the workers and keepers of two instances on one database, a
// provider over TLS, and programs that know nothing of each other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <thread>

#include "base/json.h"
#include "crypto/digest.h"
#include "tests/support/load.h"
#include "tests/support/secrets.h"
#include "tests/support/vault_stack.h"

namespace gatehouse::support {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

ServerAnswer say_nothing(const ServerRequest&) { return {}; }

TEST_F(VaultStack, SixtyFourCallersAtEveryEntranceOfTwoInstancesAskTheProviderOnce) {
  provider.from_now_on(Mishap::slow, milliseconds(500));
  // Expired: the keepers of both instances want it as well, at once.
  const auto user = new_user(seconds(-1));
  const std::vector<std::string> handles{new_handle(user), new_handle(user)};
  const auto other = new_user(seconds(3600));
  EXPECT_TRUE(soon([&] { return send(read_call(user)).status == 200; }));
  provider.later(seconds(1));
  const int before = provider.calls();
  EXPECT_EQ(save(user, seconds(-1), internal_jwt()).status, 200);

  std::vector<HttpCall> calls;
  for (int i = 0; i < 64; ++i) {
    const Instance& at = i % 2 == 0 ? first : second;
    switch (i / 2 % 4) {
      case 0:
        calls.push_back(refresh_call(at, user));
        break;
      case 1:
        calls.push_back(read_call(at, user));
        break;
      case 2:
        calls.push_back(read_call(at, user, "/validate"));
        break;
      default:
        calls.push_back(teslamate_call(at, handles[static_cast<std::size_t>(i / 8 % 2)]));
    }
  }
  std::set<std::string> tokens;
  for (const auto& answer : send_at_once(calls)) {
    EXPECT_EQ(answer.status, 200) << answer.body << answer.failure;
    if (const auto valid = answer.boolean("valid")) {
      EXPECT_TRUE(*valid);
    } else {
      tokens.insert(answer.text("access_token"));
    }
  }
  EXPECT_EQ(provider.calls() - before, 1);
  ASSERT_EQ(tokens.size(), 1U);
  EXPECT_THAT(*tokens.begin(), StartsWith("upstream-access-"));
  EXPECT_EQ(send(read_call(user)).text("access_token"), *tokens.begin());
  EXPECT_EQ(send(read_call(other)).text("access_token"), "first-access-of-" + other);
}

TEST_F(VaultStack, TheKeeperRefreshesWhatNobodyAsksFor) {
  const auto user = new_user(seconds(-1));
  EXPECT_TRUE(soon([&] { return provider.calls() == 1; }));
  EXPECT_TRUE(soon([&] {
    return send(read_call(first, user, "/logs")).body.find(R"("actor":"keeper")") != std::string::npos;
  }));
  EXPECT_THAT(send(read_call(user)).text("access_token"), StartsWith("upstream-access-"));
  EXPECT_EQ(provider.calls(), 1);
}

TEST_F(VaultStack, TheOpenFormIsForPrivateNetworksAndForUsersThatNobodyKnows) {
  const auto user = new_user(seconds(3600));
  EXPECT_EQ(save(user, seconds(3600)).status, 401);
  EXPECT_EQ(save(user, seconds(3600), "x.y.z").status, 401);
  EXPECT_EQ(save(user, seconds(3600), internal_jwt()).status, 200);
  // Whoever comes by somebody else's proxy may be anybody.
  auto call = json_call(first.http("/api/v1/tokens"),
                        R"({"user_id":"e2e-nobody","access_token":"a","expires_at":"2030-01-01T00:00:00Z"})");
  // And a page may have a browser of a private network speak for it. (`;`: how curl is told to send an empty
  // one.)
  for (const char* forwarded :
       {"X-Forwarded-For: 10.0.0.1", "X-Forwarded-For;", "Forwarded: for=10.0.0.1", "Via: 1.1 proxy",
        "X-Real-IP: 10.0.0.1", "Origin: http://page.example", "Origin: null"}) {
    auto from_elsewhere = call;
    from_elsewhere.headers.emplace_back(forwarded);
    EXPECT_EQ(send(from_elsewhere).status, 401) << forwarded;
  }
  // The second instance believes 127.9.9.9, which says for whom it speaks.
  call.url = second.http("/api/v1/tokens");
  call.source = "127.9.9.9";
  for (const char* from : {"X-Forwarded-For: 203.0.113.7", "X-Real-IP: 10.0.0.1", "Via: 1.1 proxy"}) {
    auto by_proxy = call;
    by_proxy.headers.emplace_back(from);
    EXPECT_EQ(send(by_proxy).status, 401) << from;
  }
  call.headers.emplace_back("X-Forwarded-For: 10.0.0.1");
  call.headers.emplace_back("Via: 1.1 proxy");
  call.body = R"({"user_id":"..","access_token":"a","expires_at":"2030-01-01T00:00:00Z"})";
  EXPECT_EQ(send(call).status, 400);
  call.headers.emplace_back("Origin: http://page.example");
  EXPECT_EQ(send(call).status, 401);
}

TEST_F(VaultStack, TeslaMateIsServedByTheFacade) {
  const auto user = new_user(seconds(30));
  const auto handle = new_handle(user);
  auto answer = send(teslamate_call(first, handle));
  ASSERT_EQ(answer.status, 200) << answer.body;
  // What refresh.ex reads, and what its JSON middleware wants before it decodes anything.
  EXPECT_EQ(answer.header("content-type"), "application/json");
  EXPECT_THAT(answer.text("access_token"), StartsWith("upstream-access-"));
  EXPECT_EQ(answer.text("refresh_token"), handle);
  EXPECT_EQ(answer.text("token_type"), "Bearer");
  EXPECT_GT(answer.integer("expires_in"), 28790);
  EXPECT_GT(answer.integer("created_at"), 1'700'000'000);
  // It restarts, and another one starts: the same token, nobody is asked.
  EXPECT_EQ(send(teslamate_call(second, new_handle(user))).text("access_token"), answer.text("access_token"));
  EXPECT_EQ(provider.calls(), 1);

  // Over TLS 1.3, as its connection pool demands of TESLA_AUTH_HOST.
  auto secure = teslamate_call(first, handle);
  secure.url = first.https("/api/oauth2/v3/token");
  secure.ca_file = first.certificate();
  EXPECT_EQ(send(secure).text("access_token"), answer.text("access_token"));
}

TEST_F(VaultStack, TeslaMateIsToldInTeslasWords) {
  auto unknown = send(teslamate_call(first, "gh_00000000000000000000000000000000"));
  EXPECT_EQ(unknown.status, 401);
  EXPECT_EQ(unknown.text("error"), "login_required");
  provider.from_now_on(Mishap::login_required);
  const auto user = new_user(seconds(-1));
  const auto handle = new_handle(user);
  EXPECT_EQ(send(teslamate_call(first, handle)).text("error"), "login_required");
  EXPECT_EQ(send(read_call(first, user, "/validate")).text("message"), "Token needs a new login");
  EXPECT_EQ(send(read_call(user)).status, 409);
  const auto revoked = first.gatehouse({"vault", "handle", user, "--list"});
  ASSERT_TRUE(revoked.ok()) << revoked.output;
  const auto id = revoked.output.substr(0, revoked.output.find(' '));
  EXPECT_TRUE(first.gatehouse({"vault", "handle", user, "--revoke", id}).ok());
  EXPECT_EQ(send(teslamate_call(first, handle)).status, 401);
}

TEST_F(VaultStack, TheWebhookIsToldOfALoginThatIsNeededAndOfOneThatWorks) {
  const HttpsServer receiver(say_nothing, webhook_options(first));
  provider.next(Mishap::login_required);
  const auto user = new_user(seconds(-1));
  // What other tests have left in the outbox may come as well.
  const auto told = [&] {
    auto all = receiver.seen();
    std::erase_if(all,
                  [&](const ServerRequest& request) { return request.body.find(user) == std::string::npos; });
    return all;
  };
  ASSERT_TRUE(soon([&] { return told().size() == 1; }));
  EXPECT_EQ(save(user, seconds(3600), internal_jwt()).status, 200);
  ASSERT_TRUE(soon([&] { return told().size() == 2; }));
  const std::vector<std::string> expected{"needs_login", "works_again"};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto request = told()[i];
    const auto document = json::Document::parse(request.body);
    EXPECT_EQ(document.root().find("event")->text(), expected[i]);
    EXPECT_EQ(document.root().find("user_id")->text(), user);
    const std::string signature = request.headers.at("x-gatehouse-signature");
    const std::string at = signature.substr(2, signature.find(',') - 2);
    EXPECT_EQ(signature, "t=" + at + ",v1=" +
                             crypto::hex(crypto::hmac_sha256(first.setting("VAULT_WEBHOOK_SECRET"),
                                                             at + "." + request.body)));
  }
}

TEST_F(VaultStack, ADumpOfTheDatabaseHasNoTokenInClear) {
  const auto user = new_user(seconds(-1));
  EXPECT_TRUE(soon([&] { return provider.calls() == 1; }));
  const auto token = send(read_call(user)).text("access_token");
  EXPECT_THAT(token, StartsWith("upstream-access-"));
  const auto handle = new_handle(user);
  const auto dump = run_command({"pg_dump", "--schema=gatehouse", std::getenv("GATEHOUSE_TEST_DB")});
  ASSERT_TRUE(dump.ok()) << dump.output.substr(0, 500);
  EXPECT_THAT(dump.output, HasSubstr(user));
  for (const std::string& secret : {std::string("upstream-"), std::string("first-access-of-"), handle}) {
    EXPECT_EQ(dump.output.find(secret), std::string::npos) << secret;
    EXPECT_EQ(dump.output.find(crypto::hex(secret)), std::string::npos) << secret << " in hex";
  }
}

TEST_F(VaultStack, TheCommandLineListsRefreshesResealsAndCleans) {
  const auto user = new_user(seconds(3600));
  const auto list = first.gatehouse({"vault", "list"});
  EXPECT_TRUE(list.ok());
  EXPECT_THAT(list.output, HasSubstr(user + "  tesla  good  expires "));
  EXPECT_THAT(list.output, Not(HasSubstr("first-access")));
  const auto shown = first.gatehouse({"vault", "show", user});
  EXPECT_TRUE(shown.says("refresh token  yes")) << shown.output;
  EXPECT_THAT(shown.output, Not(HasSubstr("first-access")));
  const auto refreshed = first.gatehouse({"vault", "refresh", user});
  EXPECT_TRUE(refreshed.says("Refreshed; expires at ")) << refreshed.output;
  EXPECT_TRUE(first.gatehouse({"vault", "refresh", user}).says("Refreshed; expires at "));
  EXPECT_EQ(provider.calls(), 1);
  // Also the one that needed no call.
  const auto logs = send(read_call(first, user, "/logs")).body;
  EXPECT_THAT(logs, ::testing::ContainsRegex(
                        R"("action":"refresh","outcome":"ok".*"action":"refresh","outcome":"ok")"));
  const auto resealed = first.gatehouse({"vault", "reseal"});
  EXPECT_TRUE(resealed.says("vault_records.access_sealed  k1  ")) << resealed.output;
  EXPECT_THAT(send(read_call(user)).text("access_token"), StartsWith("upstream-access-"));

  provider.next(Mishap::login_required);
  const auto dead = new_user(seconds(-120));
  EXPECT_TRUE(soon([&] { return provider.calls() == 2; }));
  auto clean = with_jwt({.url = first.http("/api/v1/admin/cleanup")}, internal_jwt("ops", "admin"));
  clean.method = "POST";
  // Refused just now: a call may be on the line yet.
  EXPECT_TRUE(soon([&] { return send(read_call(dead)).status == 409; }));
  EXPECT_EQ(send(clean).status, 200);
  EXPECT_EQ(send(read_call(dead)).status, 409);
  const auto aged =
      run_command({"psql", "-X", "-q", std::getenv("GATEHOUSE_TEST_DB"), "-c",
                   "UPDATE gatehouse.vault_records SET failed_at = failed_at - interval '10 minutes'"
                   " WHERE user_id = '" +
                       dead + "'"});
  ASSERT_TRUE(aged.ok()) << aged.output;
  EXPECT_EQ(send(clean).status, 200);
  EXPECT_EQ(send(read_call(dead)).status, 404);
  EXPECT_EQ(send(read_call(user)).status, 200);
}

TEST_F(VaultStack, AnotherProviderThanTeslaIsServedTheSame) {
  const std::string refresh_token = provider.new_grant();
  const std::string user = "e2e-generic-" + refresh_token.substr(17);
  const auto saved =
      send(json_call(first.http("/api/v1/tokens"), json::Object()
                                                       .add("user_id", user)
                                                       .add("provider", "generic")
                                                       .add("access_token", "a")
                                                       .add("refresh_token", refresh_token)
                                                       .add("expires_at", "2024-01-15T10:30:00Z")
                                                       .str()));
  ASSERT_EQ(saved.status, 201) << saved.body;
  EXPECT_THAT(send(read_call(user)).text("access_token"), StartsWith("upstream-access-"));
  EXPECT_EQ(provider.calls(), 1);
  EXPECT_THAT(provider.seen().front().body, StartsWith("grant_type=refresh_token&refresh_token="));
  auto call = with_jwt({.url = first.http(path_of(user))});
  call.method = "DELETE";
  EXPECT_EQ(send(call).status, 200);
}

}  // namespace
}  // namespace gatehouse::support
