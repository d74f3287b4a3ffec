#include "flows/revocation.h"

#include <gmock/gmock.h>

#include "flows/housekeeping.h"
#include "flows/introspection.h"
#include "flows/live_token.h"
#include "tests/support/flow_test.h"

namespace gatehouse::flows {
namespace {

class Revocation : public support::FlowTest {
 protected:
  void revoke(const support::ServiceClient& by, const std::string& token, bool is_admin = false) {
    const Actor who{by.id.str(), "192.0.2.7", "req-1"};
    revoke_token(worker, keys, {who, is_admin}, token, time());
  }
  bool is_dead(const TokenPair& pair) {
    return !is_live(pair) && !introspect(worker, remembered, keys, pair.refresh_token, time());
  }

  const support::ServiceClient client = new_client();
  const support::ServiceClient other = new_client();
};

TEST_F(Revocation, OfAnAccessTokenEndsThePair) {
  const TokenPair pair = generate(client);
  revoke(client, pair.access_token);
  EXPECT_FALSE(is_live(pair));
  EXPECT_TRUE(is_refused(pair.refresh_token));
}

// Who signs out after a pause has nothing else in hand.
TEST_F(Revocation, OfAnExpiredAccessTokenEndsThePair) {
  const TokenPair pair = generate(client);
  later(Seconds(3600));
  ASSERT_FALSE(keys.check(Kind::access, pair.access_token, time()));
  revoke(other, pair.access_token);
  EXPECT_FALSE(is_refused(pair.refresh_token));
  revoke(client, pair.access_token);
  EXPECT_TRUE(is_refused(pair.refresh_token));
}

TEST_F(Revocation, IsInTheAuditLogWithWhoAskedForIt) {
  const TokenPair pair = generate(client);
  const std::string service = service_token(client);
  revoke(other, pair.access_token);
  revoke(client, pair.access_token);
  revoke(client, service);
  EXPECT_THAT(audited(family_of(pair)), testing::ElementsAre(R"(token_family.ended {"reason": "revoked"})"));
  EXPECT_THAT(audited("token:" + keys.check(Kind::service, service, time())->id),
              testing::ElementsAre("token.revoked {}"));
  EXPECT_EQ(
      support::raw_text(owner,
                        "SELECT actor || ' ' || client_address || ' ' || request_id AS value FROM audit_log "
                        "WHERE target = '" +
                            family_of(pair) + "'"),
      client.id.str() + " 192.0.2.7 req-1");
}

TEST_F(Revocation, OfARefreshTokenEndsThePair) {
  const TokenPair pair = generate(client);
  revoke(client, pair.refresh_token);
  EXPECT_FALSE(is_live(pair));
  EXPECT_TRUE(is_refused(pair.refresh_token));
}

TEST_F(Revocation, IsAuditedOnceWhereItEndedSomething) {
  const TokenPair pair = generate(client);
  const std::string family = keys.check(Kind::access, pair.access_token, time()).value().family;
  revoke(other, pair.access_token);
  EXPECT_EQ(actions_on(family), "");
  revoke(client, pair.refresh_token);
  revoke(client, pair.access_token);
  EXPECT_EQ(actions_on(family), "token_family.ended");
  const auto service = service_token(client);
  const auto jti = "token:" + keys.check(Kind::service, service, time()).value().id;
  revoke(client, service);
  revoke(client, service);
  EXPECT_EQ(actions_on(jti), "token.revoked");
}

TEST_F(Revocation, ReachesEveryGenerationOfThePair) {
  const TokenPair first = generate(client);
  const TokenPair second = refresh(first.refresh_token);
  revoke(client, first.access_token);
  EXPECT_TRUE(is_dead(first));
  EXPECT_TRUE(is_dead(second));
}

TEST_F(Revocation, ByTheParentOfTheCurrentRefreshTokenEndsThePair) {
  const TokenPair first = generate(client);
  const TokenPair second = refresh(first.refresh_token);
  revoke(client, first.refresh_token);
  EXPECT_TRUE(is_dead(second));
}

TEST_F(Revocation, OfEveryPairEndsThoseOfAllClients) {
  const TokenPair one = generate(client);
  const TokenPair another = generate(other);
  EXPECT_GE(end_all_pairs(owner, actor, time()), 2);
  EXPECT_TRUE(is_dead(one));
  EXPECT_TRUE(is_dead(another));
  EXPECT_EQ(end_all_pairs(owner, actor, time()), 0);
  EXPECT_TRUE(is_live(generate(client)));
}

TEST_F(Revocation, OfEveryPairIsNotDeceivedByAClockThatIsAhead) {
  const TokenPair pair = generate(client);
  end_all_pairs(owner, actor, time() + std::chrono::days(31));
  EXPECT_TRUE(is_dead(pair));
}

// Whoever may write there must not be able to hide one.
TEST_F(Revocation, OfEveryPairEndsAlsoTheOneThatComesBeforeAllOthers) {
  const TokenPair pair = generate(client);
  const auto rename = [&](const std::string& from, const std::string& to) {
    owner.execute({"rename_family", "UPDATE token_families SET family_id = $2 WHERE family_id = $1"}, from,
                  to);
  };
  const std::string family = keys.check(Kind::access, pair.access_token, time())->family;
  rename(family, "");
  end_all_pairs(owner, actor, time());
  rename("", family);
  EXPECT_TRUE(is_refused(pair.refresh_token));
}

TEST_F(Revocation, LeavesTheClientsOtherPairsAlone) {
  const TokenPair pair = generate(client);
  const TokenPair sibling = generate(client);
  revoke(client, pair.refresh_token);
  EXPECT_TRUE(is_live(sibling));
  EXPECT_FALSE(is_refused(sibling.refresh_token));
}

TEST_F(Revocation, OfSomebodyElsesTokenDoesNothing) {
  const TokenPair pair = generate(client);
  const std::string service = service_token(client);
  for (const auto& token : {pair.access_token, pair.refresh_token, service}) revoke(other, token);
  EXPECT_TRUE(is_live(pair));
  EXPECT_TRUE(is_live(Kind::service, service));
  EXPECT_FALSE(is_refused(pair.refresh_token));
}

TEST_F(Revocation, ByAnAdministratorEndsAnybodysToken) {
  const TokenPair by_access = generate(client);
  const TokenPair by_refresh = generate(client);
  const std::string service = service_token(client);
  for (const auto& token : {by_access.access_token, by_refresh.refresh_token, service})
    revoke(other, token, true);
  EXPECT_TRUE(is_dead(by_access));
  EXPECT_TRUE(is_dead(by_refresh));
  EXPECT_FALSE(is_live(Kind::service, service));
}

TEST_F(Revocation, OfAServiceJwtEndsThatOneAlone) {
  const std::string token = service_token(client);
  const std::string sibling = service_token(client);
  revoke(client, token);
  EXPECT_FALSE(is_live(Kind::service, token));
  EXPECT_TRUE(is_live(Kind::service, sibling));
}

TEST_F(Revocation, OfWhatIsNoTokenDoesNothing) {
  const TokenPair pair = generate(client);
  for (const auto& text : {std::string(), std::string("x"), std::string("a.b.c"), std::string(80, 'A'),
                           RefreshToken::create(keys, time()).text(), std::string(60000, '.')}) {
    EXPECT_EQ(support::refusal([&] { revoke(client, text); }), std::nullopt);
  }
  EXPECT_TRUE(is_live(pair));
}

TEST_F(Revocation, WithOnlyTheLocatorOfAFamilyDoesNothing) {
  const TokenPair pair = generate(client);
  const flows::TokenKeys strangers{{support::kIssuer, "HS256", Secret(std::string(48, 'x')), Secret()}};
  revoke(client, RefreshToken::parse(pair.refresh_token)->successor(strangers).text());
  EXPECT_TRUE(is_live(pair));
}

// Whoever rotated it since was a thief, say.
TEST_F(Revocation, ByARefreshTokenOfLongAgoEndsThePair) {
  const TokenPair first = generate(client);
  const TokenPair last = refresh(refresh(refresh(first.refresh_token).refresh_token).refresh_token);
  revoke(client, first.refresh_token);
  EXPECT_TRUE(is_dead(first));
  EXPECT_TRUE(is_dead(last));
}

// Two hosts' clocks differ; what has been revoked is so for both.
TEST_F(Revocation, DoesNotWaitForAClockThatIsBehind) {
  const TokenPair pair = generate(client);
  const Time behind = time() - Seconds(50);
  revoke(client, pair.access_token);
  EXPECT_FALSE(live_claims(revocations, keys, Kind::access, pair.access_token, behind));
}

TEST_F(Revocation, AgainIsHarmless) {
  const TokenPair pair = generate(client);
  revoke(client, pair.access_token);
  EXPECT_EQ(support::refusal([&] { revoke(client, pair.access_token); }), std::nullopt);
  EXPECT_EQ(support::refusal([&] { revoke(client, pair.refresh_token); }), std::nullopt);
}

TEST_F(Revocation, IsRememberedUntilTheTokenExpires) {
  times.access = Seconds(3600);
  const TokenPair pair = generate(client);
  const std::string service = service_token(client);
  revoke(client, pair.access_token);
  revoke(client, service);
  later(Seconds(299));
  Housekeeping(retention()).round(worker, time());
  EXPECT_FALSE(is_live(Kind::service, service));
  later(Seconds(3600 - 299 - 1));
  Housekeeping(retention()).round(worker, time());
  EXPECT_FALSE(is_live(pair));
}

TEST_F(Revocation, IsForgottenOnceItHasNothingLeftToEnd) {
  const TokenPair pair = generate(client);
  revoke(client, pair.access_token);
  later(times.access + Seconds(121));
  Housekeeping(retention())
      .round(owner, time());  // this clock is ahead of PostgreSQL's, which binds a worker
  EXPECT_EQ(support::raw_text(owner, "SELECT count(*)::text AS value FROM revocations WHERE key = 'family:" +
                                         keys.check(Kind::access, pair.access_token, now)->family + "'"),
            "0");
  EXPECT_FALSE(is_live(pair));
  EXPECT_TRUE(is_refused(pair.refresh_token));
}

}  // namespace
}  // namespace gatehouse::flows
