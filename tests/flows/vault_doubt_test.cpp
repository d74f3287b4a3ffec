// Which token is sent after a call of which nobody knows what it did: the same again, and never one that is
// older than the one that was used last.
#include <gmock/gmock.h>

#include <stdexcept>

#include "crypto/digest.h"
#include "tests/support/vault_test.h"

namespace gatehouse::flows {
namespace {

using std::chrono::milliseconds;
using support::Mishap;
using testing::ElementsAre;

class VaultDoubt : public support::VaultTest {
 protected:
  // Refreshed once, so that there is a token before the current one, which was used last.
  VaultDoubt() : user(new_record()) {
    before = refresh_token(user);
    ensure(user);
    current = refresh_token(user);
    pass(Seconds(28790));
  }
  void pass(Seconds by) {
    later(by);
    provider.later(by);
  }
  std::vector<std::string> sent_since(std::size_t calls) const {
    const auto all = sent();
    return {all.begin() + static_cast<std::ptrdiff_t>(calls), all.end()};
  }
  // The process dies when it has said what it sends second.
  void die_at_the_second_call() {
    int committed = 0;
    after = [committed](Step step) mutable {
      if (step == Step::intent_committed && ++committed == 2) throw std::runtime_error("killed");
    };
    EXPECT_THROW(ensure(user), std::runtime_error);
    after = nullptr;
  }
  void expect_the_token_before_again() {
    const auto calls = sent().size();
    pass(Seconds(31));
    EXPECT_EQ(ensure(user).freshness, Freshness::good);
    EXPECT_THAT(sent_since(calls), ElementsAre(before));
    EXPECT_TRUE(holds_a_good_grant(user));
    EXPECT_EQ(provider.thefts(), 0);
  }

  const std::string user;
  std::string before;
  std::string current;
};

TEST_F(VaultDoubt, WhereTheCurrentTokenIsRefusedTheOneBeforeIsTaken) {
  provider.next(Mishap::login_required);
  EXPECT_EQ(ensure(user).freshness, Freshness::good);
  EXPECT_THAT(sent_since(1), ElementsAre(current, before));
  EXPECT_TRUE(holds_a_good_grant(user));
  EXPECT_EQ(provider.thefts(), 0);
}

TEST_F(VaultDoubt, TheTokenBeforeIsSentAgainAfterALostAnswer) {
  for (const auto mishap : {Mishap::server_error, Mishap::lost_answer, Mishap::half_answer}) {
    before = refresh_token(user);
    ASSERT_EQ(ensure(user, Wish::always).freshness, Freshness::good);
    pass(Seconds(28790));
    provider.next(Mishap::login_required);
    provider.next(mishap);
    EXPECT_EQ(ensure(user).freshness, Freshness::temporary);
    expect_the_token_before_again();
    pass(Seconds(60));
  }
}

TEST_F(VaultDoubt, TheTokenBeforeIsSentAgainAfterADeath) {
  provider.next(Mishap::login_required);
  die_at_the_second_call();
  expect_the_token_before_again();
}

// It is refused after all: the current one may have been refused by mistake.
TEST_F(VaultDoubt, AfterTheTokenBeforeTheCurrentOneHasAnotherTry) {
  provider.next(Mishap::login_required);
  provider.next(Mishap::server_error);
  ensure(user);
  pass(Seconds(31));
  provider.next(Mishap::login_required);
  EXPECT_EQ(ensure(user).freshness, Freshness::good);
  EXPECT_THAT(sent_since(3), ElementsAre(before, current));
  EXPECT_TRUE(holds_a_good_grant(user));
}

TEST_F(VaultDoubt, TheTokenBeforeIsNotSentOnceItsGraceIsOver) {
  provider.next(Mishap::login_required);
  provider.next(Mishap::server_error);
  ensure(user);
  pass(Seconds(86400));
  EXPECT_EQ(ensure(user).freshness, Freshness::good);
  EXPECT_THAT(sent_since(3), ElementsAre(current));
}

// The answer to the newer one was lost, so that may be the one used last: the older one would be theft.
TEST_F(VaultDoubt, TheTokenBeforeIsNotSentWhereTheCurrentOneMayHaveBeenUsed) {
  provider.next(Mishap::lost_answer);
  provider.next(Mishap::login_required);
  EXPECT_EQ(ensure(user).freshness, Freshness::temporary);
  pass(Seconds(20));
  EXPECT_EQ(ensure(user).freshness, Freshness::needs_login);
  EXPECT_EQ(provider.thefts(), 0);
  pass(Seconds(20));
  EXPECT_EQ(ensure(user, Wish::always).freshness, Freshness::good);
}

// It was seen before somebody else's whole attempt, which has changed no version.
TEST_F(VaultDoubt, WhoeverHasSeenTheRecordBeforeAFailureGetsNoLease) {
  const auto seen = record(user);
  provider.next(Mishap::lost_answer);
  EXPECT_EQ(ensure(user).freshness, Freshness::temporary);
  EXPECT_FALSE(RefreshAttempt::start(vault(), actor, seen));
  EXPECT_TRUE(RefreshAttempt::start(vault(), actor, record(user)));
}

// It was seen when the lease had run out, and its owner sent the current token only then.
TEST_F(VaultDoubt, WhatIsInDoubtIsWhatTheRecordSaysAtTheLease) {
  ASSERT_TRUE(db::vault::take_lease(worker, record(user), time(), time() + Seconds(30)));
  pass(Seconds(31));
  const auto seen = record(user);
  ASSERT_TRUE(db::vault::note_intent(worker, seen, seen.fence, crypto::sha256(current), time()));
  provider.next(Mishap::login_required);
  auto attempt = RefreshAttempt::start(vault(), actor, seen);
  ASSERT_TRUE(attempt);
  attempt->finish(vault());
  EXPECT_THAT(sent_since(1), ElementsAre(current));
}

// An answer without a refresh token: the current one goes on, and is the one used last.
TEST_F(VaultDoubt, TheTokenBeforeIsForgottenWhenTheCurrentOneWasUsedAndGoesOn) {
  provider.rewrite_next([](support::ServerAnswer& answer) { answer.body = R"({"access_token":"A"})"; });
  EXPECT_EQ(ensure(user).freshness, Freshness::good);
  EXPECT_EQ(refresh_token(user), current);
  pass(Seconds(3590));
  provider.next(Mishap::login_required);
  EXPECT_EQ(ensure(user).freshness, Freshness::needs_login);
  EXPECT_EQ(provider.thefts(), 0);
}

// Got with the current one by a call that came too late: once it may have been used, the current one would be
// theft.
TEST_F(VaultDoubt, ARescuedTokenIsSentAgainBeforeTheCurrentOne) {
  provider.next(Mishap::slow, milliseconds(300));
  auto late = RefreshAttempt::start(vault(), actor, record(user));
  ASSERT_TRUE(late);
  ASSERT_FALSE(late->work(vault(), milliseconds(150)));
  pass(Seconds(31));
  provider.next(Mishap::login_required);
  EXPECT_EQ(ensure(user).freshness, Freshness::needs_login);
  late->finish(vault());
  ASSERT_TRUE(record(user).rescued_sealed);
  provider.next(Mishap::login_required);
  provider.next(Mishap::lost_answer);
  pass(Seconds(20));
  EXPECT_EQ(ensure(user).freshness, Freshness::temporary);
  const auto calls = sent().size();
  pass(Seconds(20));
  EXPECT_EQ(ensure(user).freshness, Freshness::good);
  EXPECT_THAT(sent_since(calls), ElementsAre(sent().at(calls - 1)));
  EXPECT_EQ(provider.thefts(), 0);
}

}  // namespace
}  // namespace gatehouse::flows
