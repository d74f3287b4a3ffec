// The lease on a record: one owner at a time, for as long as its call is on the line, and what comes from an
// owner that has lost it changes nothing but is kept.
#include <gmock/gmock.h>

#include "tests/support/vault_test.h"

namespace gatehouse::flows {
namespace {

using std::chrono::milliseconds;
using support::Mishap;
using testing::HasSubstr;

class VaultLease : public support::VaultTest {};

// The answer comes after forty seconds, the lease is for thirty.
TEST_F(VaultLease, LastsAsLongAsTheCallIsOnTheLine) {
  const auto user = new_record(Seconds(3600));
  provider.next(Mishap::slow, milliseconds(1500));
  auto attempt = RefreshAttempt::start(vault(), actor, record(user));
  ASSERT_TRUE(attempt);
  Other other(provider.ca_file());
  for (int i = 0; i < 4; ++i) {
    EXPECT_FALSE(attempt->work(vault(), milliseconds(50)));
    later(Seconds(10));
    EXPECT_FALSE(attempt->work(vault(), milliseconds(50)));
    const auto outcome = ensure_fresh(vault_of(other), actor, user, Wish::always, milliseconds(50));
    EXPECT_EQ(outcome.freshness, Freshness::temporary);
  }
  attempt->finish(vault());
  EXPECT_EQ(provider.calls(), 1);
  EXPECT_EQ(record(user).version, 2);
  EXPECT_TRUE(holds_a_good_grant(user));
  EXPECT_THAT(outcomes(user), testing::ElementsAre("refresh ok", "save created"));
}

TEST_F(VaultLease, OfTwoWhoSawTheSameRecordOneGetsTheLease) {
  const auto seen = record(new_record());
  auto first = RefreshAttempt::start(vault(), actor, seen);
  ASSERT_TRUE(first);
  EXPECT_FALSE(RefreshAttempt::start(vault(), actor, seen));
  first->finish(vault());
  EXPECT_FALSE(RefreshAttempt::start(vault(), actor, seen));
  EXPECT_EQ(provider.calls(), 1);
}

// The first owner stalls past its lease; a second takes over with the same token, and both get a pair.
TEST_F(VaultLease, AnAnswerAfterTheLeaseRanOutIsKept) {
  const auto user = new_record();
  provider.next(Mishap::slow, milliseconds(300));
  auto first = RefreshAttempt::start(vault(), actor, record(user));
  ASSERT_TRUE(first);
  ASSERT_FALSE(first->work(vault(), milliseconds(150)));
  later(Seconds(31));
  Other other(provider.ca_file());
  EXPECT_EQ(ensure_fresh(vault_of(other), actor, user, Wish::when_dying).freshness, Freshness::good);
  first->finish(vault());
  EXPECT_TRUE(record(user).rescued_sealed);
  EXPECT_TRUE(holds_a_good_grant(user));
  EXPECT_THAT(outcomes(user), testing::ElementsAre("refresh rescued", "refresh ok", "save created"));
  later(Seconds(28800));
  EXPECT_EQ(ensure(user).freshness, Freshness::good);
  EXPECT_EQ(provider.thefts(), 0);
}

// Whatever came of it, the log says who asked.
TEST_F(VaultLease, AFailureAfterTheLeaseRanOutIsALineAndNothingElse) {
  const auto user = new_record();
  provider.next(Mishap::login_required);
  auto first = RefreshAttempt::start(vault(), actor, record(user));
  ASSERT_TRUE(first);
  later(Seconds(31));
  ASSERT_TRUE(db::vault::take_lease(worker, record(user), time(), time() + Seconds(30)));
  first->finish(vault());
  EXPECT_EQ(state(user), "good");
  EXPECT_TRUE(record(user).lease_until);
  EXPECT_THAT(outcomes(user), testing::ElementsAre("refresh needs_login", "save created"));
}

TEST_F(VaultLease, ARescuedTokenIsUsedWhereItIsTheOnlyOneThatWorks) {
  const auto user = new_record();
  provider.next(Mishap::slow, milliseconds(300));
  auto first = RefreshAttempt::start(vault(), actor, record(user));
  ASSERT_FALSE(first->work(vault(), milliseconds(150)));
  later(Seconds(31));
  provider.next(Mishap::login_required);  // this provider takes no token twice
  Other other(provider.ca_file());
  EXPECT_EQ(ensure_fresh(vault_of(other), actor, user, Wish::when_dying).freshness, Freshness::needs_login);
  first->finish(vault());
  EXPECT_TRUE(record(user).rescued_sealed);
  provider.next(Mishap::login_required);
  later(Seconds(60));
  EXPECT_EQ(ensure(user).freshness, Freshness::good);
  EXPECT_TRUE(holds_a_good_grant(user));
}

// Between the last look at the record and the word that it needs a new login.
TEST_F(VaultLease, ATokenRescuedAtTheLastMomentIsLookedAt) {
  const auto user = new_record();
  const auto seen = record(user);
  const auto leased = db::vault::take_lease(worker, seen, time(), time() + Seconds(30));
  ASSERT_TRUE(leased);
  auto tx = worker.begin();
  ASSERT_TRUE(db::vault::rescue(tx, seen, "sealed"));
  ASSERT_TRUE(db::vault::fail(tx, seen, leased->fence, "needs_login", {}, false, time()));
  tx.commit();
  EXPECT_TRUE(record(user).rescued_sealed);
  EXPECT_EQ(record(user).refresh_at, time());
}

// The answer to a call for the grant before must not touch the new one.
TEST_F(VaultLease, ASaveDuringACallWins) {
  const auto user = new_record();
  provider.next(Mishap::slow, milliseconds(200));
  auto attempt = RefreshAttempt::start(vault(), actor, record(user));
  const auto saved = provider.new_grant();
  save_tokens(vault(), actor, {user, "tesla", "saved-access", saved, time() + Seconds(3600)}, true);
  attempt->finish(vault());
  EXPECT_EQ(refresh_token(user), saved);
  EXPECT_EQ(access_token(user), "saved-access");
  EXPECT_FALSE(record(user).rescued_sealed);
  EXPECT_EQ(outcomes(user).front(), "refresh late");
}

// A record that was made anew counts its fences anew: both calls have the same one.
TEST_F(VaultLease, ARecordMadeAnewDuringACallKeepsItsOwnGrant) {
  for (const bool refused : {false, true}) {
    const auto user = new_record();
    const auto saved = provider.new_grant();
    if (refused) provider.next(Mishap::login_required);
    Other other(provider.ca_file());
    std::optional<RefreshAttempt> own;
    after = [&](Step step) {
      if (step != Step::answered || own) return;
      EXPECT_TRUE(delete_tokens(vault_of(other), actor, user));
      save_tokens(vault_of(other), actor, {user, "tesla", "saved-access", saved, time() + Seconds(30)},
                  false);
      own = RefreshAttempt::start(vault_of(other), actor, record(user));
    };
    auto late = RefreshAttempt::start(vault(), actor, record(user));
    ASSERT_TRUE(late);
    late->finish(vault());
    ASSERT_TRUE(own);
    EXPECT_EQ(access_token(user), "saved-access");
    EXPECT_EQ(refresh_token(user), saved);
    EXPECT_EQ(state(user), "good");
    own->finish(vault_of(other));
    EXPECT_THAT(access_token(user), HasSubstr("upstream-access-"));
    EXPECT_TRUE(holds_a_good_grant(user));
  }
  EXPECT_EQ(provider.thefts(), 0);
}

}  // namespace
}  // namespace gatehouse::flows
