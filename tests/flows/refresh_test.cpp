// "Refreshing our own tokens", sentence by sentence.
#include "flows/refresh.h"

#include <gmock/gmock.h>

#include <latch>
#include <set>
#include <thread>
#include <vector>

#include "base/base64.h"
#include "crypto/digest.h"
#include "db/connection.h"
#include "flows/housekeeping.h"
#include "flows/user_tokens.h"
#include "flows/users.h"
#include "tests/support/flow_test.h"

namespace gatehouse::flows {
namespace {

using std::chrono::microseconds;

class Refresh : public support::FlowTest {
 protected:
  std::string in_row(const std::string& column, const std::string& family) {
    return support::raw_text(owner, "SELECT coalesce(" + column +
                                        "::text, '') AS value FROM token_families "
                                        "WHERE family_id = '" +
                                        family + "'");
  }

  const support::ServiceClient client = new_client();
  const TokenPair first = generate(client);
};

TEST_F(Refresh, TheCurrentTokenGetsANewPairOfTheSameUserAndFamily) {
  const TokenPair second = refresh(first.refresh_token);
  EXPECT_NE(second.refresh_token, first.refresh_token);
  EXPECT_NE(second.access_token, first.access_token);
  EXPECT_EQ(second.expires_in, times.access);
  EXPECT_EQ(family_of(second), family_of(first));
  const auto claims = keys.check(Kind::access, second.access_token, time());
  EXPECT_EQ(claims->subject, "42");
  EXPECT_EQ(claims->client_id, client.id.str());
}

TEST_F(Refresh, AccessTokensIssuedBeforeStayGood) {
  const TokenPair second = refresh(first.refresh_token);
  EXPECT_TRUE(is_live(first));
  EXPECT_TRUE(is_live(second));
}

TEST_F(Refresh, AChainOfRotationsGoesOn) {
  TokenPair pair = first;
  for (int i = 0; i < 20; ++i) {
    later(Seconds(60));
    pair = refresh(pair.refresh_token);
  }
  EXPECT_TRUE(is_live(pair));
}

TEST_F(Refresh, TheParentInTheGraceGetsTheSamePairByteForByte) {
  const TokenPair second = refresh(first.refresh_token);
  for (int i = 0; i < 3; ++i) {
    later(Seconds(3));
    support::expect_same(refresh(first.refresh_token), second);
  }
  EXPECT_FALSE(is_refused(second.refresh_token));
}

TEST_F(Refresh, WithoutAKeyThatSignsNothingIsRotated) {
  keys = TokenKeys(key_settings("EdDSA"));
  EXPECT_EQ(support::refusal([&] { refresh(first.refresh_token); }), Errc::unavailable);
  keys = TokenKeys(key_settings());
  EXPECT_EQ(in_row("rotated_at", family_of(first)), "");
  EXPECT_FALSE(is_refused(first.refresh_token));
}

TEST_F(Refresh, AUserWhoseTokensHaveEndedGetsNoneInTheGraceEither) {
  const auto mine = new_tenant();
  const UserId user = new_user(mine.id, "a@example.com");
  const TokenPair pair = flows::generate_pair(worker, keys, times, client.id.str(), user, time());
  const TokenPair second = refresh(pair.refresh_token);
  flows::delete_user(worker, actor, mine.id, user, longest_user_token(times), time());
  EXPECT_TRUE(is_refused(pair.refresh_token));
  EXPECT_TRUE(is_refused(second.refresh_token));
}

TEST_F(Refresh, TheGraceLastsToItsLastMicrosecond) {
  const TokenPair second = refresh(first.refresh_token);
  later(times.grace - microseconds(1));
  support::expect_same(refresh(first.refresh_token), second);
  later(microseconds(1));
  EXPECT_TRUE(is_refused(first.refresh_token));
}

TEST_F(Refresh, TheParentAfterTheGraceEndsTheFamilyAndItsAccessTokens) {
  const TokenPair second = refresh(first.refresh_token);
  later(times.grace);
  EXPECT_TRUE(is_refused(first.refresh_token));
  EXPECT_TRUE(is_refused(second.refresh_token));
  EXPECT_FALSE(is_live(first));
  EXPECT_FALSE(is_live(second));
}

TEST_F(Refresh, TheParentAfterItsSuccessorWasUsedEndsTheFamily) {
  const TokenPair second = refresh(first.refresh_token);
  const TokenPair third = refresh(second.refresh_token);
  EXPECT_TRUE(is_refused(first.refresh_token));
  EXPECT_TRUE(is_refused(third.refresh_token));
  EXPECT_FALSE(is_live(first) || is_live(second) || is_live(third));
}

TEST_F(Refresh, ATokenOfManyGenerationsAgoEndsTheFamily) {
  TokenPair pair = first;
  for (int i = 0; i < 5; ++i) pair = refresh(pair.refresh_token);
  EXPECT_TRUE(is_refused(first.refresh_token));
  EXPECT_TRUE(is_refused(pair.refresh_token));
  EXPECT_FALSE(is_live(pair));
}

TEST_F(Refresh, ATokenOfOursThatTheRowNoLongerKnowsEndsTheFamily) {
  const std::string older = RefreshToken::parse(first.refresh_token)->successor(keys).text();
  EXPECT_TRUE(is_refused(older));
  EXPECT_TRUE(is_refused(first.refresh_token));
}

TEST_F(Refresh, AnInventedOrDamagedTokenWithAKnownLocatorEndsNothing) {
  TokenKeys::Settings forger = key_settings();
  forger.secret = Secret("another secret of at least 32 bytes");
  const auto locator = RefreshToken::parse(first.refresh_token);
  EXPECT_TRUE(is_refused(locator->successor(TokenKeys(forger)).text()));
  std::string damaged = first.refresh_token;
  damaged[40] = damaged[40] == 'A' ? 'B' : 'A';
  EXPECT_TRUE(is_refused(damaged));
  EXPECT_TRUE(is_live(first));
  EXPECT_FALSE(is_refused(first.refresh_token));
}

TEST_F(Refresh, ATokenFromBeforeTheSecretChangedGoesOn) {
  TokenKeys::Settings changed = key_settings();
  changed.secret = Secret("another secret of at least 32 bytes");
  keys = TokenKeys(changed);
  EXPECT_FALSE(is_refused(first.refresh_token));
}

TEST_F(Refresh, TheParentAfterTheGraceEndsTheFamilyAlsoWhenItsSecretIsGone) {
  const TokenPair second = refresh(first.refresh_token);
  TokenKeys::Settings changed = key_settings();
  changed.secret = Secret("another secret of at least 32 bytes");
  changed.previous_secret = Secret();
  keys = TokenKeys(changed);
  later(times.grace);
  EXPECT_TRUE(is_refused(first.refresh_token));
  EXPECT_TRUE(is_refused(second.refresh_token));
}

TEST_F(Refresh, TheEndOfOneFamilyLeavesOthersAlone) {
  const TokenPair other = generate(client);
  const TokenPair second = refresh(first.refresh_token);
  refresh(second.refresh_token);
  EXPECT_TRUE(is_refused(first.refresh_token));
  EXPECT_TRUE(is_live(other));
  EXPECT_FALSE(is_refused(other.refresh_token));
}

TEST_F(Refresh, AnUnknownTokenIsRefusedAndChangesNothing) {
  EXPECT_TRUE(is_refused(RefreshToken::create(keys, time()).text()));
  EXPECT_FALSE(is_refused(first.refresh_token));
}

// What finds a family begins with the time: among millions, those that are new share a few pages of the
// index.
TEST_F(Refresh, NewFamiliesLieTogetherWhereTheyAreLookedUp) {
  const auto beginning = [](const TokenPair& pair) {
    return RefreshToken::parse(pair.refresh_token)->locator_hash().substr(0, 5);
  };
  EXPECT_EQ(beginning(generate(client)), beginning(first));
  EXPECT_EQ(family_of(generate(client)).substr(0, 6), family_of(first).substr(0, 6));
}

TEST_F(Refresh, ATokenWithAnotherTimeInItIsRefusedAndEndsNothing) {
  std::string bytes = *base64url_decode(first.refresh_token);
  bytes[5] = static_cast<char>(bytes[5] ^ 1);
  EXPECT_TRUE(is_refused(base64url_encode(bytes)));
  EXPECT_FALSE(is_refused(first.refresh_token));
}

TEST_F(Refresh, WhatCannotBeATokenIsRefused) {
  const std::string& good = first.refresh_token;
  for (const auto& text :
       {std::string(), std::string("x"), good + "A", good.substr(1), good.substr(0, 79) + "=",
        " " + good.substr(1), std::string(80, '\0'), std::string(75, 'A'), std::string(54, 'A'),
        std::string(8, 'A'), std::string(60000, 'A'), first.access_token}) {
    EXPECT_TRUE(is_refused(text)) << text.substr(0, 80);
  }
  EXPECT_FALSE(is_refused(good));
}

TEST_F(Refresh, RotationDoesNotMoveTheEndOfTheFamily) {
  times.refresh = Seconds(1000);
  TokenPair pair = generate(client);
  for (int i = 0; i < 3; ++i) {
    later(Seconds(300));
    pair = refresh(pair.refresh_token);
  }
  later(Seconds(100) - microseconds(1));
  EXPECT_FALSE(is_refused(pair.refresh_token));
  later(microseconds(1));
  EXPECT_TRUE(is_refused(pair.refresh_token));
}

TEST_F(Refresh, AnAccessTokenNeverOutlivesItsFamily) {
  times.refresh = Seconds(1000);
  const TokenPair pair = generate(client);
  later(Seconds(400));
  const TokenPair last = refresh(pair.refresh_token);
  EXPECT_EQ(last.expires_in, Seconds(600));
  later(Seconds(599));
  EXPECT_TRUE(is_live(last));
  later(Seconds(1));
  EXPECT_FALSE(is_live(last));
}

TEST_F(Refresh, TheParentOfAnExpiredFamilyIsRefused) {
  times.refresh = Seconds(60);
  const TokenPair pair = generate(client);
  later(Seconds(55));
  refresh(pair.refresh_token);
  later(Seconds(5));
  EXPECT_TRUE(is_refused(pair.refresh_token));
}

TEST_F(Refresh, WithNoGraceARetryEndsTheFamily) {
  times.grace = Seconds(0);
  const TokenPair second = refresh(first.refresh_token);
  EXPECT_EQ(in_row("replay", family_of(second)), "");
  EXPECT_TRUE(is_refused(first.refresh_token));
  EXPECT_TRUE(is_refused(second.refresh_token));
}

TEST_F(Refresh, ReuseIsInTheAuditLogOnce) {
  const TokenPair third = refresh(refresh(first.refresh_token).refresh_token);
  const std::string family = family_of(third);
  EXPECT_THAT(audited(family), testing::IsEmpty());
  EXPECT_TRUE(is_refused(first.refresh_token));
  EXPECT_TRUE(is_refused(first.refresh_token));
  EXPECT_THAT(audited(family), testing::ElementsAre(R"(token_family.ended {"reason": "reuse"})"));
}

TEST_F(Refresh, ADisabledClientsTokensAreRefused) {
  const TokenPair second = refresh(first.refresh_token);
  disable(client);
  EXPECT_TRUE(is_refused(second.refresh_token));
  EXPECT_TRUE(is_refused(first.refresh_token));
  EXPECT_FALSE(is_live(second));
}

TEST_F(Refresh, AnEndedFamilyIsRefusedEvenInTheGrace) {
  const TokenPair second = refresh(first.refresh_token);
  EXPECT_TRUE(end_family(worker, actor, family_of(second), FamilyEnd::revoked, time()));
  EXPECT_FALSE(end_family(worker, actor, family_of(second), FamilyEnd::revoked, time()));
  EXPECT_TRUE(is_refused(first.refresh_token));
  EXPECT_TRUE(is_refused(second.refresh_token));
}

TEST_F(Refresh, NoTokenLiesInTheDatabase) {
  const TokenPair second = refresh(first.refresh_token);
  const std::string row = support::raw_text(
      owner, "SELECT t::text AS value FROM token_families t WHERE family_id = '" + family_of(second) + "'");
  for (const auto& token : {first.refresh_token, second.refresh_token, second.access_token}) {
    EXPECT_EQ(row.find(token), std::string::npos);
    EXPECT_EQ(row.find(crypto::hex(token)), std::string::npos);  // as a bytea shows itself
    EXPECT_EQ(row.find(crypto::hex(base64url_decode(token).value_or(token))), std::string::npos);
  }
}

// A shorter ACCESS_TOKEN_TTL must not let the tokens issued under the longer one outlive their revocation.
TEST_F(Refresh, TheFamilysEndIsRememberedAsLongAsItsLongestAccessTokenLives) {
  times.access = Seconds(86400);
  const TokenPair pair = generate(client);
  times.access = Seconds(60);
  EXPECT_TRUE(end_family(worker, actor, family_of(refresh(pair.refresh_token)), FamilyEnd::revoked, time()));
  later(Seconds(7200));
  Housekeeping(retention()).round(worker, time());
  EXPECT_FALSE(is_live(pair));
}

// 64 callers with a connection each, started together.
std::vector<TokenPair> race(const TokenKeys& keys, const TokenTimes& times, const std::string& refresh_token,
                            Time now) {
  constexpr int kCallers = 64;
  std::vector<std::optional<TokenPair>> results(kCallers);
  std::latch all_connected(kCallers);
  std::vector<std::thread> callers;
  callers.reserve(kCallers);
  for (auto& result : results) {
    callers.emplace_back([&, &result = result] {
      db::Connection db = support::connected_worker();
      Replays replays;
      all_connected.arrive_and_wait();
      support::refusal([&] {
        result = refresh(db, replays, keys, times, {"test", "", ""}, refresh_token, now);
      });
    });
  }
  for (auto& caller : callers) caller.join();
  std::vector<TokenPair> pairs;
  for (auto& result : results) {
    if (result) pairs.push_back(std::move(*result));
  }
  return pairs;
}

TEST_F(Refresh, SixtyFourAtOnceGetOneSuccessorPair) {
  const auto pairs = race(keys, times, first.refresh_token, time());
  ASSERT_EQ(pairs.size(), 64U);
  for (const auto& pair : pairs) support::expect_same(pair, pairs.front());
  EXPECT_TRUE(is_live(pairs.front()));
  EXPECT_FALSE(is_refused(pairs.front().refresh_token));
}

TEST_F(Refresh, SixtyFourAtOnceWithNoGraceGetOnePairAtMost) {
  times.grace = Seconds(0);
  const auto pairs = race(keys, times, first.refresh_token, time());
  EXPECT_EQ(pairs.size(), 1U);
  EXPECT_TRUE(is_refused(pairs.at(0).refresh_token));
}

}  // namespace
}  // namespace gatehouse::flows
