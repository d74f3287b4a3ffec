// Third-party tokens over their routes, with a provider to test against.
#include <gmock/gmock.h>

#include "base/base64.h"
#include "db/vault.h"
#include "db/vault_log.h"
#include "flows/vault.h"
#include "tests/support/api_test.h"
#include "tests/support/provider.h"

namespace gatehouse::handlers {
namespace {

using support::Mishap;
using testing::HasSubstr;
using testing::StartsWith;

class Vault : public support::ApiTest {
 protected:
  Vault() {
    configure({{"TESLA_TOKEN_URL", provider.url()}});
    services = std::make_unique<Services>(Services{config, worker, revocations, remembered, keys, seal, clock,
                                                   times, passwords, access_log, trusting, token_uses, coze,
                                                   upstream, vault_usage, replays, true});
  }
  Sender internal() { return with_bearer(internal_jwt()); }
  std::string body_for(const std::string& user, Seconds life) {
    return json::Object()
        .add("user_id", user)
        .add("access_token", "first-access")
        .add("refresh_token", provider.new_grant())
        .add("expires_at", to_rfc3339(time() + life))
        .str();
  }
  std::string new_user(Seconds life = Seconds(30)) {
    const std::string user = "user-" + unique_digits();
    EXPECT_EQ(internal().post("/api/v1/tokens", body_for(user, life)).status, 201);
    return user;
  }
  static std::string at(const std::string& user, const std::string& rest = {}) {
    return "/api/v1/tokens/" + user + rest;
  }
  support::Answer send_from(bool private_network, const std::string& body) {
    auto asked = request("POST", "/api/v1/tokens");
    asked.body = body;
    asked.content_type = "application/json";
    asked.from_private_network = private_network;
    return send(asked);
  }
  support::Answer ask_facade(const std::string& handle) {
    return anyone().post("/api/oauth2/v3/token", json::Object()
                                                     .add("grant_type", "refresh_token")
                                                     .add("scope", "openid email offline_access")
                                                     .add("client_id", "ownerapi")
                                                     .add("refresh_token", handle)
                                                     .str());
  }
  std::string new_handle(const std::string& user) {
    return std::string(
        flows::make_handle({owner, trusting, upstream, seal, clock}, actor, user).handle.reveal());
  }

  support::Provider provider;
  outbound::CurlHttps trusting{provider.ca_file()};
  outbound::Providers upstream{[this] {
    Environment values{{"JWT_SECRET", support::kJwtSecret},
                       {"VAULT_KEYS", support::kVaultKeys},
                       {"TESLA_TOKEN_URL", provider.url()}};
    return load_config(values);
  }()};
};

TEST_F(Vault, Save_201_AsTheSeedShowsItFromAPrivateNetwork) {
  const auto answer = send_from(true, body_for("tesla_user_" + unique_digits(), Seconds(3600)));
  EXPECT_EQ(answer.status, 201);
  EXPECT_TRUE(answer.flag("success"));
  EXPECT_EQ(answer.text("message"), "Token saved successfully");
  EXPECT_THAT(answer.text("user_id"), StartsWith("tesla_user_"));
}

TEST_F(Vault, Save_401_FromElsewhereWithoutAJwt) {
  EXPECT_EQ(send_from(false, body_for("somebody-" + unique_digits(), Seconds(60))).status, 401);
}

TEST_F(Vault, Save_401_ReplacingWithoutAJwtAnd200WithOne) {
  const auto user = new_user();
  EXPECT_EQ(send_from(true, body_for(user, Seconds(60))).status, 401);
  EXPECT_EQ(internal().post("/api/v1/tokens", body_for(user, Seconds(60))).status, 200);
}

TEST_F(Vault, Save_401_WithABadJwtFromAPrivateNetwork) {
  auto asked = request("POST", "/api/v1/tokens");
  asked.body = body_for("somebody-" + unique_digits(), Seconds(60));
  asked.content_type = "application/json";
  asked.from_private_network = true;
  asked.authorization = "Bearer x.y.z";
  EXPECT_EQ(send(asked).status, 401);
}

TEST_F(Vault, Save_400_ForWhatIsNoUserIdTimeOrProvider) {
  const auto with = [&](const std::string& name, const std::string& value) {
    std::string body = body_for("u", Seconds(60));
    json::Object object;
    for (const auto* member : {"user_id", "access_token", "expires_at"}) {
      const auto document = json::Document::parse(body);
      object.add(member, name == member ? std::string_view(value) : *document.root().find(member)->text());
    }
    if (name == "provider") object.add(name, value);
    return internal().post("/api/v1/tokens", object.str());
  };
  for (const auto* user_id : {"a b", ".", ".."}) EXPECT_EQ(with("user_id", user_id).status, 400) << user_id;
  EXPECT_EQ(with("user_id", std::string(129, 'a')).status, 400);
  EXPECT_THAT(with("expires_at", "tomorrow").text("error"), HasSubstr("\"expires_at\""));
  EXPECT_THAT(with("provider", "nobody").text("error"), HasSubstr("\"provider\""));
}

TEST_F(Vault, Show_200_AsTheSeedShowsIt) {
  const auto user = new_user(Seconds(3600));
  const auto answer = internal().get(at(user));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.text("access_token"), "first-access");
  EXPECT_EQ(answer.text("token_type"), "Bearer");
  EXPECT_EQ(answer.text("expires_at"), to_rfc3339(time() + Seconds(3600)));
  EXPECT_EQ(provider.calls(), 0);
}

TEST_F(Vault, Show_200_RefreshedWhereLessThanAMinuteIsLeft) {
  const auto user = new_user(Seconds(59));
  EXPECT_THAT(internal().get(at(user)).text("access_token"), StartsWith("upstream-access-"));
  EXPECT_EQ(provider.calls(), 1);
}

TEST_F(Vault, Show_200_WithWhatStillLivesWhereTheProviderFails) {
  const auto user = new_user(Seconds(30));
  provider.next(Mishap::server_error);
  EXPECT_EQ(internal().get(at(user)).text("access_token"), "first-access");
}

TEST_F(Vault, Show_SaysWhatHinderedItWhereTheTokenIsDead) {
  const auto expect = [&](Mishap mishap, int status, bool again) {
    const auto user = new_user(Seconds(-5));
    provider.next(mishap);
    const auto answer = internal().get(at(user));
    EXPECT_EQ(answer.status, status) << static_cast<int>(mishap);
    EXPECT_EQ(answer.header("Retry-After") != "", again);
  };
  expect(Mishap::server_error, 503, true);
  expect(Mishap::limited, 503, true);
  expect(Mishap::login_required, 409, false);
  expect(Mishap::invalid_client, 502, false);
}

TEST_F(Vault, TheFastPoolHandsOverWhenAProviderMustBeAsked) {
  services->may_call_out = false;
  const auto living = new_user(Seconds(3600));
  EXPECT_EQ(internal().get(at(living)).header("X-Accel-Redirect"), "");
  const auto dying = new_user(Seconds(30));
  const auto handle = new_handle(dying);
  for (const auto& target : {at(dying), at(dying, "/validate")}) {
    auto asked = request("GET", target);
    asked.authorization = support::bearer(internal_jwt());
    EXPECT_EQ(hand_over_of(asked), "@outbound");
  }
  auto asked = request("POST", "/api/oauth2/v3/token");
  asked.content_type = "application/x-www-form-urlencoded";
  asked.body = "grant_type=refresh_token&refresh_token=" + handle;
  EXPECT_EQ(hand_over_of(asked), "@outbound");
  EXPECT_EQ(provider.calls(), 0);
}

TEST_F(Vault, Validate_200_SaysWhichItIs) {
  const auto good = new_user(Seconds(3600));
  EXPECT_EQ(internal().get(at(good, "/validate")).text("message"), "Token is valid");
  const auto expired = new_user(Seconds(-5));
  const auto refreshed = internal().get(at(expired, "/validate"));
  EXPECT_TRUE(refreshed.flag("valid"));
  EXPECT_EQ(refreshed.text("message"), "Token was refreshed and is valid");
  const auto failing = new_user(Seconds(-5));
  provider.next(Mishap::server_error);
  EXPECT_EQ(internal().get(at(failing, "/validate")).text("message"),
            "Token is expired and could not be refreshed");
  const auto dead = new_user(Seconds(-5));
  provider.next(Mishap::login_required);
  const auto answer = internal().get(at(dead, "/validate"));
  EXPECT_FALSE(answer.flag("valid"));
  EXPECT_EQ(answer.text("message"), "Token needs a new login");
  EXPECT_EQ(answer.text("user_id"), dead);
}

TEST_F(Vault, Refresh_200_WithBothNewTokens) {
  const auto user = new_user(Seconds(3600));
  const auto answer = internal().post(at(user, "/refresh"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.flag("success"));
  EXPECT_THAT(answer.text("access_token"), StartsWith("upstream-access-"));
  EXPECT_TRUE(provider.accepts(answer.text("refresh_token")));
  EXPECT_EQ(answer.text("expires_at"), to_rfc3339(time() + Seconds(28800)));
}

TEST_F(Vault, Refresh_409_SaysWhereThereNeverWasARefreshToken) {
  const std::string user = "user-" + unique_digits();
  const auto body = json::Object()
                        .add("user_id", user)
                        .add("access_token", "a")
                        .add("expires_at", to_rfc3339(time() + Seconds(3600)));
  EXPECT_EQ(internal().post("/api/v1/tokens", body.str()).status, 201);
  const auto answer = internal().post(at(user, "/refresh"));
  EXPECT_EQ(answer.status, 409);
  EXPECT_EQ(answer.text("message"), "there is no refresh token to get another one with");
}

TEST_F(Vault, Remove_200_And404TheSecondTime) {
  const auto user = new_user();
  const auto answer = internal().send("DELETE", at(user));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.text("message"), "Token deleted successfully");
  EXPECT_EQ(internal().send("DELETE", at(user)).status, 404);
  EXPECT_EQ(internal().get(at(user)).status, 404);
}

TEST_F(Vault, AJwtForOneUserTouchesNoOther) {
  const auto mine = new_user(Seconds(3600));
  const auto other = new_user(Seconds(3600));
  auto only_mine = with_bearer(internal_jwt(mine));
  EXPECT_EQ(only_mine.get(at(mine)).status, 200);
  for (const auto& rest : {"", "/validate", "/logs"}) EXPECT_EQ(only_mine.get(at(other, rest)).status, 404);
  EXPECT_EQ(only_mine.post(at(other, "/refresh")).status, 404);
  EXPECT_EQ(only_mine.send("DELETE", at(other)).status, 404);
  EXPECT_EQ(only_mine.post("/api/v1/tokens", body_for(other, Seconds(60))).status, 404);
}

TEST_F(Vault, Logs_200_WithEveryUseAndNoToken) {
  const auto user = new_user(Seconds(3600));
  internal().get(at(user));
  internal().get(at(user, "/validate"));
  internal().post(at(user, "/refresh"));
  vault_usage.flush(worker, std::chrono::steady_clock::now());
  const auto answer = internal().get(at(user, "/logs"));
  EXPECT_EQ(answer.number("count"), 4);
  for (const auto* action : {"save", "read", "validate", "refresh"}) {
    EXPECT_THAT(answer.body, HasSubstr("\"action\":\"" + std::string(action) + "\""));
  }
  EXPECT_THAT(answer.body, HasSubstr(R"("actor":"teslamate")"));
  EXPECT_THAT(answer.body, testing::Not(HasSubstr("access-")));
  const auto page = internal().get(at(user, "/logs?limit=1"));
  EXPECT_EQ(page.number("count"), 1);
  EXPECT_EQ(internal().get(at(user, "/logs?limit=10&cursor=" + page.text("next_cursor"))).number("count"), 3);
}

TEST_F(Vault, Logs_200_WithSavesThatWereRefused) {
  const auto user = new_user(Seconds(3600));
  EXPECT_EQ(send_from(true, body_for(user, Seconds(60))).status, 401);
  EXPECT_EQ(with_bearer(internal_jwt("another")).post("/api/v1/tokens", body_for(user, Seconds(60))).status,
            404);
  vault_usage.flush(worker, std::chrono::steady_clock::now());
  const auto logs = internal().get(at(user, "/logs"));
  EXPECT_EQ(logs.number("count"), 3);
  for (const auto* actor_of_it : {"anonymous", "teslamate"}) {
    EXPECT_THAT(logs.body,
                HasSubstr(R"("action":"save","outcome":"refused","actor":")" + std::string(actor_of_it)));
  }
}

TEST_F(Vault, Logs_200_WithWhateverAJwtOfAnotherUserAskedFor) {
  const auto user = new_user(Seconds(3600));
  auto another = with_bearer(internal_jwt("another"));
  for (const auto& unknown_or_not : {user, "nobody-" + unique_digits()}) {
    EXPECT_EQ(another.get(at(unknown_or_not)).status, 404);
    EXPECT_EQ(another.get(at(unknown_or_not, "/validate")).status, 404);
    EXPECT_EQ(another.post(at(unknown_or_not, "/refresh")).status, 404);
    EXPECT_EQ(another.send("DELETE", at(unknown_or_not)).status, 404);
    EXPECT_EQ(another.post("/api/v1/tokens", body_for(unknown_or_not, Seconds(60))).status, 404);
  }
  vault_usage.flush(worker, std::chrono::steady_clock::now());
  const auto logs = internal().get(at(user, "/logs"));
  EXPECT_EQ(logs.number("count"), 6);
  for (const auto* action : {"read", "validate", "refresh", "delete", "save"}) {
    EXPECT_THAT(logs.body, HasSubstr(R"("action":")" + std::string(action) + R"(","outcome":"refused")"));
  }
  EXPECT_EQ(
      support::raw_text(worker, "SELECT count(*) AS value FROM vault_log WHERE user_id LIKE 'nobody-%'"),
      "0");
}

TEST_F(Vault, Logs_200_WithWhatWasAnsweredAndNotWhatHinderedARefresh) {
  const auto user = new_user(Seconds(30));
  provider.from_now_on(Mishap::server_error);
  EXPECT_EQ(internal().get(at(user)).status, 200);
  EXPECT_EQ(internal().get(at(user, "/validate")).status, 200);
  EXPECT_EQ(ask_facade(new_handle(user)).status, 200);
  later(Seconds(31));
  EXPECT_EQ(internal().get(at(user)).status, 503);
  vault_usage.flush(worker, std::chrono::steady_clock::now());
  const auto rows = db::vault_log::list(worker, user, {}, 100);
  std::vector<std::string> uses;
  for (const auto& row : rows) {
    if (row.action != "refresh") uses.push_back(row.action + " " + row.outcome);
  }
  EXPECT_THAT(uses,
              testing::ElementsAre("read temporary", "read ok", "validate ok", "read ok", "save created"));
}

// Whoever gets what somebody else's refresh has brought gets both tokens as well.
TEST_F(Vault, Logs_200_WithARefreshThatNeededNoCall) {
  const auto user = new_user(Seconds(3600));
  internal().post(at(user, "/refresh"));
  internal().post(at(user, "/refresh"));
  EXPECT_EQ(provider.calls(), 1);
  vault_usage.flush(worker, std::chrono::steady_clock::now());
  EXPECT_EQ(internal().get(at(user, "/logs")).number("count"), 3);
}

TEST_F(Vault, CleanUp_403_WithoutTheRoleAnd200WithIt) {
  EXPECT_EQ(internal().post("/api/v1/admin/cleanup").status, 403);
  EXPECT_EQ(with_bearer(internal_jwt("some-user", "admin")).post("/api/v1/admin/cleanup").status, 403);
  const auto answer = with_bearer(admin_jwt()).post("/api/v1/admin/cleanup");
  EXPECT_EQ(answer.status, 200);
  EXPECT_GE(answer.number("count"), 0);
  EXPECT_TRUE(answer.has("deleted.needs_login"));
}

TEST_F(Vault, Facade_200_AsTeslaMateAsksIt) {
  const auto user = new_user(Seconds(-5));
  const auto handle = new_handle(user);
  const auto answer = ask_facade(handle);
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.text("access_token"), StartsWith("upstream-access-"));
  EXPECT_EQ(answer.text("refresh_token"), handle);
  EXPECT_EQ(answer.text("token_type"), "Bearer");
  EXPECT_EQ(answer.number("expires_in"), 28800);
  EXPECT_EQ(answer.number("created_at"), unix_seconds(time()));
  EXPECT_EQ(ask_facade(new_handle(user)).text("access_token"), answer.text("access_token"));
  EXPECT_EQ(provider.calls(), 1);
  vault_usage.flush(worker, std::chrono::steady_clock::now());
  EXPECT_THAT(internal().get(at(user, "/logs")).body,
              HasSubstr(R"("action":"read","outcome":"ok","actor":"hnd_)"));
}

TEST_F(Vault, Facade_ErrorsHaveTeslasWords) {
  const auto unknown = ask_facade("gh_00000000000000000000000000000000");
  EXPECT_EQ(unknown.status, 401);
  EXPECT_EQ(unknown.text("error"), "login_required");
  const auto user = new_user(Seconds(-5));
  const auto handle = new_handle(user);
  provider.next(Mishap::server_error);
  EXPECT_EQ(ask_facade(handle).text("error"), "temporarily_unavailable");
  later(Seconds(20));
  provider.next(Mishap::login_required);
  EXPECT_EQ(ask_facade(handle).text("error"), "login_required");
  EXPECT_EQ(anyone().post("/api/oauth2/v3/token", "grant_type=password&refresh_token=x").text("error"),
            "unsupported_grant_type");
}

}  // namespace
}  // namespace gatehouse::handlers
