// Somebody else's program behind the gate: who gets through to it, what it is told, and what nobody can make
// it believe. The locations are those that scripts/test has written for the first instance.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>

#include "tests/support/fastcgi_server.h"
#include "tests/support/https_server.h"
#include "tests/support/providers.h"
#include "tests/support/secrets.h"
#include "tests/support/stack.h"

namespace gatehouse::support {
namespace {

using ::testing::HasSubstr;

class Gate : public Stack {
 protected:
  HttpAnswer ask(const std::string& path, std::vector<std::string> headers = {}) {
    HttpCall call;
    call.url = first.http(path);
    call.headers = std::move(headers);
    return send(call);
  }
  // All headers of this name, one after the other.
  static std::string all(const HttpAnswer& answer, std::string_view name) {
    std::string values;
    for (const auto& [key, value] : answer.headers) values += key == name ? value : "";
    return values;
  }
  const DevToken dev_token = new_dev_token();
  const std::string id = dev_token.id;
  const std::string token = dev_token.text;
  const std::string authorization = "Authorization: Bearer " + token;
  // Every way that is known to make one header pass for another.
  static std::vector<std::string> forgeries() {
    std::vector<std::string> all{"Connection: close, X-Auth-Subject, X-Auth-Kind",
                                 "X-Auth-Subject:", "X-Auth-Subject;"};
    for (const std::string name : {"Subject", "Kind", "Tenant", "Scopes", "Reason"}) {
      for (const auto& forged :
           {"X-Auth-" + name, "x-auth-" + name, "X-AUTH-" + name, "X_Auth_" + name, "X-Auth_" + name,
            "X_Auth-" + name, "X.Auth." + name, "HTTP_X_AUTH_" + name, "HTTP-X-AUTH-" + name})
        all.push_back(forged + ": root");
    }
    return all;
  }

  ServerAnswer behind{};
  HttpsServer upstream{[this](const auto&) { return behind; }, HttpsServer::plain_on(upstream_port())};
};

TEST_F(Gate, TheProgramBehindIsToldWhoItIs) {
  EXPECT_EQ(ask("/api/v1/songs?type=dx", {authorization}).status, 200);
  ASSERT_EQ(upstream.count(), 1);
  const auto request = upstream.seen().front();
  EXPECT_EQ(request.target, "/api/v1/songs?type=dx");
  EXPECT_EQ(request.headers.at("x-auth-subject"), id);
  EXPECT_EQ(request.headers.at("x-auth-kind"), "devtoken");
  EXPECT_EQ(request.headers.at("x-auth-tenant"), "tnt_default");
}

TEST_F(Gate, TheProgramBehindIsToldOfEveryKindWhoItIs) {
  const auto client = new_client({"user:read", "auth:token"});
  const auto tenant = send(json_call(first.http("/v1/tenants"), R"({"name":"gate"})"));
  const std::string account = R"({"email":"ann@example.com","password":"correct horse battery staple"})";
  remember_secret("correct horse battery staple");
  const auto as_public = [&](const std::string& path) {
    auto call = json_call(first.http(path), account);
    call.headers.push_back("Authorization: Bearer " + tenant.text("public_key"));
    return send(call);
  };
  const std::string user = as_public("/v1/auth/register").text("id");
  struct Case {
    std::string path;
    std::string credential;
    std::vector<std::string> told;  // subject, kind, tenant, scopes
  };
  const std::vector<Case> cases{
      {"/behind/service", service_token(client), {client.id, "service", "", "auth:token user:read"}},
      {"/behind/any", service_token(client), {client.id, "service", "", "auth:token user:read"}},
      {"/behind/any", as_public("/v1/auth/login").text("token"), {user, "user", tenant.text("id"), ""}},
      {"/behind/any", new_pair(client).access, {"42", "access", "", ""}},
      {"/behind/any", tenant.text("secret_key"), {tenant.text("id"), "tenant_secret", tenant.text("id"), ""}},
      {"/behind/any", tenant.text("public_key"), {tenant.text("id"), "tenant_key", tenant.text("id"), ""}}};
  for (const auto& one : cases) {
    EXPECT_EQ(ask(one.path, {"Authorization: Bearer " + one.credential}).status, 200) << one.told[1];
    auto headers = upstream.seen().back().headers;
    EXPECT_EQ((std::vector{headers["x-auth-subject"], headers["x-auth-kind"], headers["x-auth-tenant"],
                           headers["x-auth-scopes"]}),
              one.told);
  }
  EXPECT_EQ(upstream.count(), static_cast<int>(cases.size()));
  EXPECT_EQ(
      ask("/behind/service", {"Authorization: Bearer " + service_token(new_client({"auth:token"}))}).status,
      403);
}

TEST_F(Gate, NoSpellingOfTheHeadersGetsThrough) {
  const auto forged = forgeries();
  for (const auto& header : forged)
    EXPECT_EQ(ask("/api/v1/songs", {authorization, header, header + "2"}).status, 200) << header;
  ASSERT_EQ(upstream.count(), static_cast<int>(forged.size()));
  for (const auto& request : upstream.seen()) {
    for (const auto& [name, value] : request.headers)
      EXPECT_TRUE(name.starts_with("http-") || value.find("root") == std::string::npos) << name;
    EXPECT_EQ(request.headers.at("x-auth-subject"), id);
    EXPECT_EQ(request.headers.at("x-auth-kind"), "devtoken");
    EXPECT_EQ(request.headers.count("x-auth-reason"), 0U);
  }
}

TEST_F(Gate, AProgramThatSpeaksFastcgiIsToldTheSameAndIsNotFooledEither) {
  const FastcgiServer program(fastcgi_upstream_port());
  const auto forged = forgeries();
  for (const auto& header : forged)
    EXPECT_EQ(ask("/behind/fastcgi", {authorization, header, header + "2"}).status, 200) << header;
  EXPECT_EQ(ask("/behind/fastcgi", {forged.back()}).status, 401);
  const auto seen = program.seen();
  ASSERT_EQ(seen.size(), forged.size());
  for (const auto& parameters : seen) {
    EXPECT_EQ(parameters.at("HTTP_X_AUTH_SUBJECT"), id);
    EXPECT_EQ(parameters.at("HTTP_X_AUTH_KIND"), "devtoken");
    EXPECT_EQ(parameters.at("HTTP_X_AUTH_TENANT"), "tnt_default");
    for (const auto& [name, value] : parameters)
      EXPECT_TRUE(!name.starts_with("HTTP_X_AUTH") || value.find("root") == std::string::npos) << name;
    EXPECT_EQ(parameters.count("HTTP_X_AUTH_SCOPES") + parameters.count("HTTP_X_AUTH_REASON"), 0U);
  }
}

TEST_F(Gate, TheFrontDoorWithTlsHasTheSameGate) {
  HttpCall call;
  call.url = first.https("/api/v1/songs");
  call.ca_file = first.certificate();
  call.headers = {authorization, "X-Auth-Subject: root"};
  EXPECT_EQ(send(call).status, 200);
  ASSERT_EQ(upstream.count(), 1);
  EXPECT_EQ(upstream.seen().front().headers.at("x-auth-subject"), id);
}

TEST_F(Gate, ABodyGoesThroughAsItCame) {
  auto call = json_call(first.http("/api/v1/songs"), std::string(50'000, 'x'));
  call.headers.push_back(authorization);
  EXPECT_EQ(send(call).status, 200);
  ASSERT_EQ(upstream.count(), 1);
  EXPECT_EQ(upstream.seen().front().body, call.body);
}

TEST_F(Gate, HowLargeABodyMayBeIsTheLocationsMatter) {
  auto call = json_call(first.http("/behind/large"), std::string(500'000, 'x'));
  EXPECT_EQ(send(call).status, 401);
  call.headers.push_back(authorization);
  EXPECT_EQ(send(call).status, 200);
  ASSERT_EQ(upstream.count(), 1);
  EXPECT_EQ(upstream.seen().front().body, call.body);
}

// Such as the one that try_files falls back to.
TEST_F(Gate, ALocationWithoutTheSnippetHandsOnNoForgedHeadersEither) {
  for (const auto* name : {"Subject", "Kind", "Tenant", "Scopes", "Reason"})
    EXPECT_EQ(ask("/behind/fallback", {authorization, std::string("X-Auth-") + name + ": root"}).status, 200);
  EXPECT_EQ(ask("/behind/fallback", {"X-Auth-Subject: root"}).status, 401);
  ASSERT_EQ(upstream.count(), 5);
  for (const auto& request : upstream.seen()) {
    for (const auto& [name, value] : request.headers) EXPECT_FALSE(name.starts_with("x-auth-")) << name;
  }
}

TEST_F(Gate, AProgramThatFailsIsNotTakenForTheGate) {
  behind.hang_up = true;
  const auto silent = ask("/api/v1/songs", {authorization});
  EXPECT_EQ(silent.status, 502);
  EXPECT_THAT(silent.body, HasSubstr("Temporarily unavailable"));
  behind.hang_up = false;
  behind.status = 403;
  behind.body = "its own refusal";
  const auto refused = ask("/api/v1/songs", {authorization});
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.body, "its own refusal");
}

// An HTML page under our policy for JSON would be blank; and its own is not to be mixed with ours.
TEST_F(Gate, TheProgramsAnswerHasItsOwnSecurityHeadersAndNoneOfOurs) {
  behind.headers = {{"Content-Type", "text/html"}, {"X-Request-Id", "its own"}};
  for (const auto* path : {"/api/v1/songs", "/behind/fallback"}) {
    const auto bare = ask(path, {authorization});
    for (const auto* name : {"content-security-policy", "referrer-policy", "x-content-type-options"})
      EXPECT_FALSE(bare.header(name)) << path << name;
  }
  behind.headers.push_back({"Content-Security-Policy", "default-src 'self'"});
  const auto page = ask("/api/v1/songs", {authorization});
  EXPECT_EQ(all(page, "content-security-policy"), "default-src 'self'");
  EXPECT_EQ(page.header("x-request-id").value_or("").size(), 32U);
  EXPECT_EQ(all(page, "x-request-id"), page.header("x-request-id"));
}

TEST_F(Gate, OurOwnRefusalBeforeAProgramHasAllOfOurHeaders) {
  behind.hang_up = true;
  for (const auto& answer : {ask("/api/v1/songs"), ask("/behind/service", {authorization}),
                             ask("/behind/", {authorization}), ask("/api/v1/songs", {authorization})}) {
    EXPECT_GE(answer.status, 401);
    EXPECT_THAT(all(answer, "content-security-policy"), testing::StartsWith("default-src 'none'"));
    EXPECT_EQ(all(answer, "x-content-type-options"), "nosniff");
    EXPECT_EQ(all(answer, "x-request-id").size(), 32U);
  }
}

TEST_F(Gate, TheHostSpeaksTlsOnlyAlsoForTheProgramsBehind) {
  HttpCall call;
  call.url = first.https("/api/v1/songs");
  call.ca_file = first.certificate();
  call.headers = {authorization};
  EXPECT_EQ(all(send(call), "strict-transport-security"), "max-age=31536000");
}

TEST_F(Gate, WithoutAGoodTokenNobodyGetsThrough) {
  for (const auto& bad : {std::string(), std::string("Authorization: Bearer nonsense"),
                          std::string("Authorization: Basic eDp5"), "Authorization: Bearer " + token + "x"}) {
    const auto answer = ask("/api/v1/songs", {bad});
    EXPECT_EQ(answer.status, 401) << bad;
    EXPECT_EQ(answer.body, R"({"error":"Invalid token","message":"Token is invalid or has been revoked"})");
    EXPECT_THAT(answer.header("www-authenticate").value_or(""), HasSubstr("Bearer"));
  }
  EXPECT_EQ(upstream.count(), 0);
}

TEST_F(Gate, ARevokedTokenIsRefusedAtOnceAndByEveryWorker) {
  EXPECT_EQ(ask("/api/v1/users", {authorization}).status, 200);
  ASSERT_TRUE(first.gatehouse({"devtoken", "revoke", id}).ok());
  for (int i = 0; i < 32; ++i) {
    EXPECT_EQ(ask("/api/v1/songs", {authorization}).status, 401);
    EXPECT_EQ(ask("/api/v1/users", {authorization}).status, 401);
  }
  EXPECT_EQ(upstream.count(), 0);
}

TEST_F(Gate, AScopeIsAskedForWhereTheLocationWantsOne) {
  const auto with = new_client({"user:read"});
  const auto without = new_client({"auth:token"});
  EXPECT_EQ(ask("/behind/service", {"Authorization: Bearer " + service_token(with)}).status, 200);
  EXPECT_EQ(ask("/behind/service", {"Authorization: Bearer " + service_token(without)}).status, 403);
  EXPECT_EQ(ask("/behind/any", {"Authorization: Bearer " + service_token(without)}).status, 200);
  EXPECT_EQ(ask("/behind/service", {authorization}).status, 401);
}

TEST_F(Gate, WhatAServiceAsksForThroughItIsARowOfTheAccessLogAlsoWhereItIsRefused) {
  const auto client = new_client({"auth:token"});
  const auto admin = "Authorization: Bearer " + service_token(new_client({"internal:admin"}));
  const auto header = "Authorization: Bearer " + service_token(client);
  EXPECT_EQ(ask("/behind/any?key=hidden", {header}).status, 200);
  EXPECT_EQ(ask("/behind/service?key=hidden", {header}).status, 403);
  const auto logs = "/v1/internal/services/" + client.id + "/logs";
  EXPECT_TRUE(soon([&] { return ask(logs, {admin}).json().root().items().size() == 2; }));
  const auto rows = ask(logs, {admin}).body;
  for (const auto* part : {R"("/behind/any")", R"("/behind/service")", R"("GET")", "204", "403"})
    EXPECT_THAT(rows, HasSubstr(part));
}

TEST_F(Gate, WhereNothingIsRequiredNobodyGetsThrough) {
  EXPECT_EQ(ask("/behind/", {authorization}).status, 403);
}

TEST_F(Gate, TheQuestionItselfIsNobodysToAsk) {
  for (const auto* path : {"/.gate/token", "/%2egate/token", "/.gate//token"})
    EXPECT_EQ(ask(path, {authorization}).status, 404) << path;
}

TEST_F(Gate, WhatCannotBeKnownIsNoRefusal) {
  ASSERT_TRUE(first.database("stop -m fast").ok());
  const auto away = ask("/api/v1/songs", {authorization});
  ASSERT_TRUE(first.database("start").ok());
  EXPECT_EQ(away.status, 503);
  EXPECT_TRUE(away.header("retry-after"));
  EXPECT_TRUE(soon([&] { return ask("/api/v1/songs", {authorization}).status == 200; }));
}

TEST_F(Gate, WithoutAWorkerItIsNoRefusalEither) {
  const std::string socket = first.socket("check");
  ASSERT_EQ(std::rename(socket.c_str(), (socket + ".away").c_str()), 0);
  const auto away = ask("/api/v1/songs", {authorization});
  ASSERT_EQ(std::rename((socket + ".away").c_str(), socket.c_str()), 0);
  EXPECT_EQ(away.status, 503);
  EXPECT_TRUE(away.header("retry-after"));
}

}  // namespace
}  // namespace gatehouse::support
