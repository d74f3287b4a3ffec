// A retry of a refresh, in the grace: what it gets, from where, and how long.
#include <gmock/gmock.h>

#include "db/token_families.h"
#include "flows/housekeeping.h"
#include "flows/refresh.h"
#include "flows/signing_keys.h"
#include "tests/support/flow_test.h"

namespace gatehouse::flows {
namespace {

class Retry : public support::FlowTest {
 protected:
  std::string kept_for(const TokenPair& parent) {
    const auto token = RefreshToken::parse(parent.refresh_token);
    return db::token_families::find_by_locator(worker, token->locator_hash(), time())->replay.value();
  }

  // From now on this one signs.
  void publish_key(crypto::Alg alg) {
    keys = TokenKeys(key_settings(std::string(crypto::name_of(alg))));
    flows::ensure_signing_key(owner, seal, actor, alg, time());
    reload_keys();
  }

  const support::ServiceClient client = new_client();
  const TokenPair first = generate(client);
};

// Signed before the family turns (ES256 never signs twice alike), or once more for the retry.
TEST_F(Retry, GetsTheSamePairUnderAPublishedKeyToo) {
  for (const auto alg : {crypto::Alg::es256, crypto::Alg::eddsa, crypto::Alg::rs256}) {
    publish_key(alg);
    const TokenPair parent = generate(client);
    const TokenPair second = refresh(parent.refresh_token);
    later(Seconds(3));
    support::expect_same(refresh(parent.refresh_token), second);
    EXPECT_TRUE(is_live(second));
  }
}

TEST_F(Retry, AfterTheKeyBeganToSignGetsTheSamePairFromTheOneBefore) {
  publish_key(crypto::Alg::eddsa);
  flows::rotate_signing_key(owner, seal, actor, crypto::Alg::eddsa, Seconds(20), time());
  reload_keys();
  later(Seconds(17));
  const TokenPair second = refresh(first.refresh_token);
  later(Seconds(5));
  support::expect_same(refresh(first.refresh_token), second);
}

TEST_F(Retry, AfterAnotherAlgorithmWasSetIsSignedAnew) {
  const TokenPair second = refresh(first.refresh_token);
  later(Seconds(3));
  publish_key(crypto::Alg::eddsa);
  const TokenPair again = refresh(first.refresh_token);
  EXPECT_EQ(again.refresh_token, second.refresh_token);
  EXPECT_TRUE(is_live(again));
}

TEST_F(Retry, WhosePairCannotBeOpenedIsRefusedAndEndsNothing) {
  const TokenPair second = refresh(first.refresh_token);
  support::raw(owner, "DELETE FROM replay_keys");
  EXPECT_TRUE(is_refused(first.refresh_token));
  EXPECT_TRUE(is_live(second));
  EXPECT_FALSE(is_refused(second.refresh_token));
}

// As the owner: of the workers' role PostgreSQL believes no clock that is ahead of its own.
TEST_F(Retry, WhatCouldBeReplayedOpensForNobodyOnceTheGraceHasEnded) {
  refresh(first.refresh_token);
  const std::string sealed = kept_for(first);
  const auto parent = RefreshToken::parse(first.refresh_token);
  Housekeeping keeper(retention());
  later(times.grace);
  keeper.round(owner, time());
  EXPECT_TRUE(replays.open(worker, *parent, sealed)) << "a keeper whose clock is ahead must not end a grace";
  later(Replays::kEpoch + Seconds(60));
  keeper.round(owner, time());
  EXPECT_FALSE(replays.open(worker, *parent, sealed));
}

TEST_F(Retry, WhatCanBeReplayedOpensOnlyForTheParent) {
  const TokenPair second = refresh(first.refresh_token);
  const std::string sealed = kept_for(first);
  EXPECT_TRUE(replays.open(worker, *RefreshToken::parse(first.refresh_token), sealed));
  EXPECT_FALSE(replays.open(worker, *RefreshToken::parse(second.refresh_token), sealed));
  EXPECT_FALSE(replays.open(worker, *RefreshToken::parse(first.refresh_token), "1" + sealed));
}

TEST_F(Retry, WhatCanBeReplayedOpensOnlyUnderTheKeyOfItsMinute) {
  refresh(first.refresh_token);
  const std::string sealed = kept_for(first);
  EXPECT_TRUE(replays.open(worker, *RefreshToken::parse(first.refresh_token), sealed));
  support::raw(owner, "UPDATE replay_keys SET key = sha256(key)");
  EXPECT_FALSE(replays.open(worker, *RefreshToken::parse(first.refresh_token), sealed));
}

TEST_F(Retry, AtAnotherWorkerInTheNextMinuteGetsTheSamePair) {
  later(Replays::kEpoch - Seconds(unix_seconds(time()) % Replays::kEpoch.count()) - Seconds(1));
  const TokenPair second = refresh(first.refresh_token);
  later(Seconds(2));
  refresh(generate(client).refresh_token);  // this one has the next minute's key
  Replays another;
  support::expect_same(flows::refresh(worker, another, keys, times, actor, first.refresh_token, time()),
                       second);
}

}  // namespace
}  // namespace gatehouse::flows
