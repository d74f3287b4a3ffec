#include "flows/introspection.h"

#include "tests/support/flow_test.h"

namespace gatehouse::flows {
namespace {

class Introspect : public support::FlowTest {
 protected:
  std::optional<Introspection> ask(const std::string& token) {
    return introspect(worker, remembered, keys, token, time());
  }

  const support::ServiceClient client = new_client({"user:read", "auth:token"});
};

TEST_F(Introspect, TellsWhatAnAccessTokenIs) {
  const auto told = ask(generate(client).access_token).value();
  EXPECT_EQ(told.token_type, "Bearer");
  EXPECT_EQ(told.subject, "42");
  EXPECT_EQ(told.client_id, client.id.str());
  EXPECT_EQ(told.issuer, support::kIssuer);
  EXPECT_EQ(told.audience, std::string(support::kIssuer) + "/token");
  EXPECT_EQ(told.issued_at, unix_seconds(time()));
  EXPECT_EQ(told.expires_at, unix_seconds(time() + times.access));
}

TEST_F(Introspect, TellsWhatARefreshTokenIs) {
  const auto told = ask(generate(client).refresh_token).value();
  EXPECT_EQ(told.token_type, "refresh_token");
  EXPECT_EQ(told.subject, "42");
  EXPECT_EQ(told.client_id, client.id.str());
  EXPECT_EQ(told.expires_at, unix_seconds(time() + times.refresh));
}

TEST_F(Introspect, TellsWhatAServiceJwtIs) {
  const auto told = ask(service_token(client)).value();
  EXPECT_EQ(told.token_type, "Bearer");
  EXPECT_EQ(told.subject, client.id.str());
  EXPECT_EQ(told.client_id, client.id.str());
  EXPECT_EQ(told.scope, "auth:token user:read");
}

// A user JWT comes with its own issue; an internal one says nothing to anybody.
TEST_F(Introspect, KnowsNoOtherKind) {
  crypto::Claims claims;
  claims.subject = "teslamate";
  claims.id = "id";
  claims.expires_at = unix_seconds(time() + Seconds(60));
  EXPECT_FALSE(ask(keys.sign(Kind::internal, claims, time())));
  for (const auto* text : {"", "x", "a.b.c", "svc_abc123def456"}) EXPECT_FALSE(ask(text)) << text;
  EXPECT_FALSE(ask(client.secret));
}

TEST_F(Introspect, OnlyTheNewestRefreshTokenIsActiveAndAskingIsNoReuse) {
  const auto first = generate(client);
  const auto second = refresh(first.refresh_token);
  refresh(second.refresh_token);
  EXPECT_FALSE(ask(first.refresh_token));
  EXPECT_FALSE(ask(second.refresh_token));
  EXPECT_TRUE(is_live(second));
}

TEST_F(Introspect, WhatHasExpiredIsNotActive) {
  const auto pair = generate(client);
  later(times.access);
  EXPECT_FALSE(ask(pair.access_token));
  EXPECT_TRUE(ask(pair.refresh_token));
  later(times.refresh - times.access);
  EXPECT_FALSE(ask(pair.refresh_token));
}

TEST_F(Introspect, NothingOfADisabledClientIsActive) {
  const auto pair = generate(client);
  const std::string service = service_token(client);
  disable(client);
  for (const auto& token : {pair.access_token, pair.refresh_token, service}) EXPECT_FALSE(ask(token));
}

}  // namespace
}  // namespace gatehouse::flows
