// Somebody else's program behind the gate: who gets through to it, what it is told, and what nobody can make
// it believe. The locations are those that scripts/test has written for the first instance.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>

#include "tests/support/https_server.h"
#include "tests/support/providers.h"
#include "tests/support/secrets.h"
#include "tests/support/stack.h"

namespace gatehouse::support {
namespace {

using ::testing::HasSubstr;

class Gate : public Stack {
 protected:
  static HttpsServer::Options plain_on(int port) {
    HttpsServer::Options options;
    options.plain = true;
    options.port = port;
    return options;
  }
  HttpAnswer ask(const std::string& path, std::vector<std::string> headers = {}) {
    HttpCall call;
    call.url = first.http(path);
    call.headers = std::move(headers);
    return send(call);
  }
  std::string new_dev_token() {
    const auto made = first.gatehouse({"devtoken", "create", "e2e", "--json"});
    remember_secrets_in(made.output);
    const auto document = json::Document::parse(made.output);
    id = document.root().find("token_id")->text().value();
    return std::string(document.root().find("token")->text().value());
  }

  std::string id;
  const std::string token = new_dev_token();
  const std::string authorization = "Authorization: Bearer " + token;
  HttpsServer upstream{[](const auto&) { return ServerAnswer{}; }, plain_on(upstream_port())};
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

TEST_F(Gate, NoSpellingOfTheHeadersGetsThrough) {
  const std::vector<std::string> names{"Subject", "Kind", "Tenant", "Scopes", "Reason"};
  for (const auto& name : names) {
    for (const auto& forged : {"X-Auth-" + name, "x-auth-" + name, "X-AUTH-" + name, "X_Auth_" + name,
                               "X-Auth_" + name, "X_Auth-" + name, "X.Auth." + name, "HTTP_X_AUTH_" + name}) {
      EXPECT_EQ(ask("/api/v1/songs", {authorization, forged + ": root", forged + ": root2"}).status, 200)
          << forged;
    }
  }
  ASSERT_EQ(upstream.count(), 40);
  for (const auto& request : upstream.seen()) {
    for (const auto& [name, value] : request.headers)
      EXPECT_EQ(value.find("root"), std::string::npos) << name;
    EXPECT_EQ(request.headers.at("x-auth-subject"), id);
  }
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
  const std::string socket = first.socket("fast");
  ASSERT_EQ(std::rename(socket.c_str(), (socket + ".away").c_str()), 0);
  const auto away = ask("/api/v1/songs", {authorization});
  ASSERT_EQ(std::rename((socket + ".away").c_str(), socket.c_str()), 0);
  EXPECT_EQ(away.status, 503);
  EXPECT_TRUE(away.header("retry-after"));
}

}  // namespace
}  // namespace gatehouse::support
