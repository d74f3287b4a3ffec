// Refreshing at a provider: asked once, never a grant lost, whatever happens on the way. The provider is a
// real HTTPS server, PostgreSQL is real. Processes are killed in vault_deaths_test.
#include <gmock/gmock.h>
#include <latch>
#include <regex>
#include <thread>

#include "base/json.h"
#include "tests/support/vault_test.h"

namespace gatehouse::flows {
namespace {

using std::chrono::milliseconds;
using support::Mishap;
using testing::HasSubstr;

class VaultRefresh : public support::VaultTest {};

TEST_F(VaultRefresh, ATokenThatLivesLongIsLeftAlone) {
  const auto user = new_record(Seconds(3600));
  EXPECT_EQ(ensure(user).freshness, Freshness::good);
  EXPECT_EQ(provider.calls(), 0);
}

TEST_F(VaultRefresh, ADyingTokenIsReplacedAndTheOldRefreshTokenKeptForTheGrace) {
  const auto user = new_record();
  const auto outcome = ensure(user);
  EXPECT_EQ(outcome.freshness, Freshness::good);
  EXPECT_TRUE(outcome.refreshed);
  EXPECT_EQ(provider.calls(), 1);
  EXPECT_THAT(access_token(user), HasSubstr("upstream-access-"));
  EXPECT_EQ(record(user).previous_until, time() + Seconds(86400));
  EXPECT_EQ(record(user).version, 2);
  EXPECT_FALSE(record(user).lease_until);
  EXPECT_TRUE(holds_a_good_grant(user));
  EXPECT_THAT(outcomes(user), testing::ElementsAre("refresh ok", "save created"));
}

TEST_F(VaultRefresh, TeslaIsAskedAsItsOwnAppAsks) {
  const auto user = new_record();
  const std::string sent = refresh_token(user);
  ensure(user);
  const auto request = provider.seen().at(0);
  EXPECT_EQ(request.headers.at("content-type"), "application/json");
  const auto body = json::Document::parse(request.body);
  EXPECT_EQ(body.root().find("grant_type")->text(), "refresh_token");
  EXPECT_EQ(body.root().find("client_id")->text(), "ownerapi");
  EXPECT_EQ(body.root().find("scope")->text(), "openid email offline_access");
  EXPECT_EQ(body.root().find("refresh_token")->text(), sent);
}

TEST_F(VaultRefresh, AnotherProviderIsOneRow) {
  const auto user = new_record(Seconds(30), "generic");
  EXPECT_EQ(ensure(user).freshness, Freshness::good);
  const auto request = provider.seen().at(0);
  EXPECT_EQ(request.headers.at("content-type"), "application/x-www-form-urlencoded");
  EXPECT_THAT(request.body, HasSubstr("client_secret=a%20client%27s%20secret"));
  EXPECT_FALSE(record(user).previous_sealed);  // it has no grace
}

TEST_F(VaultRefresh, SixtyFourCallersAskOnce) {
  const auto user = new_record();
  provider.next(Mishap::slow, milliseconds(300));
  std::vector<std::thread> callers;
  std::atomic<int> good = 0;
  std::mutex mutex;
  std::set<std::string> tokens;
  std::latch all_are_there(64);
  for (int i = 0; i < 64; ++i) {
    callers.emplace_back([&, i] {
      Other other(provider.ca_file());
      all_are_there.arrive_and_wait();
      const auto outcome =
          ensure_fresh(vault_of(other), actor, user, i % 2 == 0 ? Wish::always : Wish::when_dying);
      if (outcome.freshness == Freshness::good) ++good;
      const std::lock_guard lock(mutex);
      tokens.insert(open_access_token(vault_of(other), outcome.record));
    });
  }
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(provider.calls(), 1);
  EXPECT_EQ(good, 64);
  EXPECT_THAT(tokens, testing::ElementsAre(access_token(user)));
}

TEST_F(VaultRefresh, AskingTwiceInARowRefreshesOnce) {
  const auto user = new_record();
  ensure(user, Wish::always);
  ensure(user, Wish::always);
  EXPECT_EQ(provider.calls(), 1);
  later(Seconds(11));
  ensure(user, Wish::always);
  EXPECT_EQ(provider.calls(), 2);
  EXPECT_EQ(provider.thefts(), 0);
}

TEST_F(VaultRefresh, ATokenWhoseWholeLifeIsShortIsNotRefreshedAgainWithinTenSecondsEither) {
  provider.set_lifetime(45);
  const auto user = new_record();
  for (const auto wish : {Wish::always, Wish::always, Wish::when_dying, Wish::when_dying})
    EXPECT_EQ(ensure(user, wish).freshness, Freshness::good);
  EXPECT_EQ(provider.calls(), 1);
  later(Seconds(10));
  ensure(user);
  EXPECT_EQ(provider.calls(), 2);
}

TEST_F(VaultRefresh, ARotationWhoseAnswerWasLostIsRepeatedWithTheSameToken) {
  for (const auto mishap : {Mishap::lost_answer, Mishap::half_answer, Mishap::wrong_json}) {
    const auto user = new_record();
    const std::string before = refresh_token(user);
    provider.next(mishap);
    EXPECT_EQ(ensure(user).freshness, Freshness::temporary);
    EXPECT_EQ(refresh_token(user), before);
    later(Seconds(11));
    EXPECT_EQ(ensure(user).freshness, Freshness::good);
    EXPECT_TRUE(holds_a_good_grant(user));
  }
  EXPECT_EQ(provider.thefts(), 0);
}

// Such a provider takes no token twice: what was in the answer is all that there is.
TEST_F(VaultRefresh, APairIsKeptWhateverStandsBesideIt) {
  provider.set_grace(Seconds(0));
  for (const std::string beside :
       {R"("expires_in":"3600")", R"("expires_in":null)", R"("expires_in":99999999)"}) {
    const auto user = new_record(Seconds(30), "generic");
    provider.rewrite_next([&](support::ServerAnswer& answer) {
      answer.body = std::regex_replace(answer.body, std::regex(R"("expires_in":\d+)"), beside);
      answer.status = 201;
    });
    EXPECT_EQ(ensure(user).freshness, Freshness::good) << beside;
    EXPECT_TRUE(holds_a_good_grant(user));
  }
}

TEST_F(VaultRefresh, ARefreshTokenWhoseAccessTokenCannotBeReadIsKeptAndSentNext) {
  provider.set_grace(Seconds(0));
  const auto user = new_record(Seconds(30), "generic");
  provider.rewrite_next([](support::ServerAnswer& answer) {
    answer.body =
        std::regex_replace(answer.body, std::regex(R"("access_token":"[^"]*")"), R"("access_token":null)");
  });
  EXPECT_EQ(ensure(user).freshness, Freshness::temporary);
  EXPECT_TRUE(record(user).rescued_sealed);
  later(Seconds(11));
  EXPECT_EQ(ensure(user).freshness, Freshness::good);
  EXPECT_TRUE(holds_a_good_grant(user));
  EXPECT_EQ(provider.calls(), 2);
  EXPECT_EQ(provider.thefts(), 0);
}

TEST_F(VaultRefresh, ACallerDoesNotWaitForASlowAnswerAndItIsStoredAllTheSame) {
  const auto user = new_record();
  provider.next(Mishap::slow, milliseconds(400));
  auto outcome = ensure(user, Wish::when_dying, milliseconds(50));
  EXPECT_EQ(outcome.freshness, Freshness::temporary);
  ASSERT_TRUE(outcome.under_way);
  outcome.under_way->finish(vault());
  EXPECT_EQ(provider.calls(), 1);
  EXPECT_EQ(ensure(user).freshness, Freshness::good);
  EXPECT_TRUE(holds_a_good_grant(user));
}

// Nobody is told of a pair that is not stored, and the pair waits for the database.
TEST_F(VaultRefresh, WhatCannotBeStoredIsKeptOnTheLineAndStoredWhenItCan) {
  const auto user = new_record();
  bool away = false;
  after = [&](Step step) {
    if (step != Step::answered || away) return;
    away = true;
    support::raw(owner, "ALTER TABLE vault_log RENAME TO vault_log_away");
  };
  auto outcome = ensure(user, Wish::when_dying, milliseconds(300));
  EXPECT_EQ(outcome.freshness, Freshness::temporary);
  EXPECT_EQ(access_token(user), "first-access");
  support::raw(owner, "ALTER TABLE vault_log_away RENAME TO vault_log");
  ASSERT_TRUE(outcome.under_way);
  outcome.under_way->finish(vault());
  EXPECT_EQ(ensure(user).freshness, Freshness::good);
  EXPECT_THAT(access_token(user), HasSubstr("upstream-access-"));
  EXPECT_EQ(provider.calls(), 1);
}

TEST_F(VaultRefresh, EachFailureIsToldApart) {
  struct Case {
    Mishap mishap;
    Freshness freshness;
  };
  for (const auto& [mishap, freshness] :
       {Case{Mishap::html_403, Freshness::temporary}, Case{Mishap::server_error, Freshness::temporary},
        Case{Mishap::limited, Freshness::limited}, Case{Mishap::login_required, Freshness::needs_login},
        Case{Mishap::invalid_client, Freshness::misconfigured},
        Case{Mishap::redirect, Freshness::misconfigured}}) {
    const auto user = new_record();
    provider.next(mishap);
    EXPECT_EQ(ensure(user).freshness, freshness) << static_cast<int>(mishap);
    EXPECT_TRUE(holds_a_good_grant(user));
    EXPECT_EQ(record(user).refresh_at.has_value(), freshness != Freshness::needs_login);
  }
}

TEST_F(VaultRefresh, ALimitIsKeptByEverybody) {
  const auto user = new_record();
  provider.next(Mishap::limited);
  EXPECT_EQ(ensure(user).retry_after, Seconds(7));
  later(Seconds(6));
  EXPECT_EQ(ensure(user, Wish::always).freshness, Freshness::limited);
  EXPECT_EQ(provider.calls(), 1);
  later(Seconds(5));
  EXPECT_EQ(ensure(user).freshness, Freshness::good);
}

TEST_F(VaultRefresh, FailuresAreSpacedOutMoreAndMore) {
  const auto user = new_record();
  provider.from_now_on(Mishap::server_error);
  Seconds before{0};
  for (int i = 0; i < 6; ++i) {
    ensure(user);
    const auto wait = std::chrono::duration_cast<Seconds>(record(user).refresh_at.value() - time());
    if (i % 3 == 2) {
      EXPECT_GT(wait, before);
      before = wait;
    }
    later(wait + Seconds(11));
  }
}

TEST_F(VaultRefresh, ANewLoginEndsTheNeedForOne) {
  const auto user = new_record();
  provider.next(Mishap::login_required);
  ensure(user);
  EXPECT_EQ(state(user), "needs_login");
  save_tokens(vault(), actor, {user, "tesla", "new-access", provider.new_grant(), time() + Seconds(30)},
              true);
  EXPECT_EQ(state(user), "good");
  EXPECT_EQ(ensure(user).freshness, Freshness::good);
}

TEST_F(VaultRefresh, ARecordWithoutARefreshTokenNeedsALoginAtItsEnd) {
  const std::string user = "user-" + unique_digits();
  save_tokens(vault(), actor, {user, "tesla", "access", {}, time() + Seconds(30)}, false);
  EXPECT_EQ(ensure(user).freshness, Freshness::needs_login);
  EXPECT_EQ(provider.calls(), 0);
}

TEST_F(VaultRefresh, WithinTheGraceAProviderThatKeptTheOldTokenIsServed) {
  const auto user = new_record();
  ensure(user);
  provider.later(Seconds(3600));
  later(Seconds(28790));
  EXPECT_EQ(ensure(user).freshness, Freshness::good);
  EXPECT_EQ(provider.thefts(), 0);
}

}  // namespace
}  // namespace gatehouse::flows
