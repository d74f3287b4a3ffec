// The keeper: refreshes what is due, at a steady pace, and leaves a provider alone that asks for it.
#include "flows/vault_keeper.h"

#include <gmock/gmock.h>

#include <iostream>

#include "crypto/digest.h"
#include "db/vault_log.h"
#include "tests/support/prompt_provider.h"
#include "tests/support/vault_test.h"

namespace gatehouse::flows {
namespace {

using std::chrono::milliseconds;
using support::Mishap;
using testing::AllOf;
using testing::Each;
using testing::Ge;
using testing::HasSubstr;
using testing::Le;
using testing::Not;

class VaultKeeperTest : public support::VaultTest {
 protected:
  VaultKeeperTest() {
    support::raw(owner, "DELETE FROM vault_records");
    support::raw(owner, "DELETE FROM vault_limits");
  }
  void run_until_idle() {
    do {
      keeper.round(vault(), milliseconds(500));
    } while (keeper.under_way() > 0);
  }
  std::string count(const std::string& what) {
    return support::raw_text(owner, "SELECT count(*) AS value FROM " + what);
  }

  VaultKeeper keeper;
};

TEST_F(VaultKeeperTest, ATokenIsRefreshedAtThreeQuartersOfItsLifeAndNotBefore) {
  const auto user = new_record(Seconds(28800));
  later(Seconds(28800 * 70 / 100 - 1));
  run_until_idle();
  EXPECT_EQ(provider.calls(), 0);
  later(Seconds(28800 * 5 / 100 + 2));
  run_until_idle();
  EXPECT_EQ(provider.calls(), 1);
  EXPECT_THAT(access_token(user), HasSubstr("upstream-access-"));
  EXPECT_EQ(db::vault_log::list(worker, user, {}, 1).front().actor, "keeper");
  run_until_idle();
  EXPECT_EQ(provider.calls(), 1);
}

TEST_F(VaultKeeperTest, ATokenThatHardlyLivesIsRefreshedEveryTenSecondsAtMost) {
  provider.set_lifetime(0);
  new_record(Seconds(-1));
  for (int second = 0; second < 21; ++second) {
    run_until_idle();
    later(Seconds(1));
  }
  EXPECT_EQ(provider.calls(), 3);
}

TEST_F(VaultKeeperTest, ManyAreRefreshedSideBySide) {
  for (int i = 0; i < 20; ++i) new_record(Seconds(-1));
  provider.from_now_on(Mishap::slow, milliseconds(300));
  const auto start = std::chrono::steady_clock::now();
  run_until_idle();
  EXPECT_EQ(provider.calls(), 20);
  EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(3000));
  EXPECT_EQ(count("vault_records WHERE version = 2"), "20");
}

// Half of the calls that may be under way; the other half is for the others.
TEST_F(VaultKeeperTest, AProviderThatHangsLeavesRoomForTheOthers) {
  for (std::size_t i = 0; i < VaultKeeper::kSideBySide + 10; ++i) new_record(Seconds(-2));
  std::vector<std::string> others;
  for (int i = 0; i < 3; ++i) others.push_back(new_record(Seconds(-1), "generic"));
  provider.hang_for(R"("client_id":"ownerapi")", std::chrono::seconds(30));
  for (int i = 0; i < 20; ++i) keeper.round(vault(), milliseconds(50));
  for (const auto& user : others) EXPECT_EQ(record(user).version, 2);
  EXPECT_EQ(keeper.under_way(), VaultKeeper::kForOneProvider);
}

TEST_F(VaultKeeperTest, TwoKeepersDoNotDoTheSameWork) {
  for (int i = 0; i < 10; ++i) new_record(Seconds(-1));
  VaultKeeper other;
  do {
    keeper.round(vault(), milliseconds(1));
    other.round(vault(), milliseconds(100));
  } while (keeper.under_way() + other.under_way() > 0);
  EXPECT_EQ(provider.calls(), 10);
}

TEST_F(VaultKeeperTest, AProviderThatLimitsIsLeftAloneAndTheOthersAreNot) {
  provider.next(Mishap::limited);  // Retry-After: 7
  new_record(Seconds(-1));
  run_until_idle();
  for (int i = 0; i < 5; ++i) new_record(Seconds(-1));
  new_record(Seconds(-1), "generic");
  later(Seconds(6));
  run_until_idle();
  EXPECT_EQ(provider.calls(), 2);
  later(Seconds(2));
  run_until_idle();
  EXPECT_EQ(provider.calls(), 8);
  EXPECT_EQ(count("vault_records WHERE state = 'good'"), "7");
}

// One answer must not end the refreshing of all for years.
TEST_F(VaultKeeperTest, ALimitIsObeyedForADayAtMost) {
  provider.next(Mishap::limited, std::chrono::hours(500'000));
  new_record(Seconds(-1));
  run_until_idle();
  new_record(Seconds(-1));
  later(Seconds(86390));
  run_until_idle();
  EXPECT_EQ(provider.calls(), 1);
  later(Seconds(20));
  run_until_idle();
  EXPECT_EQ(provider.calls(), 3);
}

TEST_F(VaultKeeperTest, ARecordThatDoesNotOpenDoesNotHinderTheOthers) {
  const auto broken = new_record(Seconds(-2));
  support::raw(worker,
               "UPDATE vault_records SET refresh_sealed = access_sealed WHERE user_id = '" + broken + "'");
  const auto sound = new_record(Seconds(-1));
  run_until_idle();
  EXPECT_EQ(record(sound).version, 2);
  EXPECT_EQ(record(broken).version, 1);
}

TEST_F(VaultKeeperTest, ARecordWithoutARefreshTokenNeedsALoginWhenItExpires) {
  const std::string user = "user-" + unique_digits();
  save_tokens(vault(), actor, {user, "tesla", "access", {}, time() + Seconds(60)}, false);
  run_until_idle();
  EXPECT_EQ(state(user), "good");
  later(Seconds(61));
  run_until_idle();
  EXPECT_EQ(state(user), "needs_login");
  EXPECT_EQ(provider.calls(), 0);
}

TEST_F(VaultKeeperTest, DrainingFinishesWhatIsUnderWayAndTakesUpNothing) {
  const auto first = new_record(Seconds(-1));
  provider.next(Mishap::slow, milliseconds(400));
  keeper.round(vault(), milliseconds(1));
  const auto second = new_record(Seconds(-1));
  keeper.drain(vault(), milliseconds(5000));
  EXPECT_EQ(record(first).version, 2);
  EXPECT_EQ(record(second).version, 1);
}

// A day's life each, spread as they come to be over the weeks. A third of an hour of it, second by second.
class VaultKeeperLoad : public VaultKeeperTest {
 protected:
  static constexpr int kRecords = 100'000;
  static constexpr int kSeconds = 1200;
  static constexpr int kDay = 86400;

  VaultKeeperLoad() {
    support::raw(
        owner,
        "INSERT INTO vault_records (user_id, provider, grant_id, access_sealed, refresh_sealed, saved_at, "
        "expires_at, refresh_at) SELECT 'load-' || n, 'tesla', 'g' || n, ''::bytea, ''::bytea, d.at, "
        "d.at + interval '6 hours', d.at FROM generate_series(1, " +
            std::to_string(kRecords) + ") AS n CROSS JOIN LATERAL (SELECT timestamptz '" +
            to_rfc3339(time()) + "' + n * interval '18 hours' / " + std::to_string(kRecords) +
            " AS at) AS d");
    // Only those whose time comes within the test need tokens that open.
    for (int n = 1; n <= kRecords * (kSeconds + 60) / (kDay * 3 / 4); ++n) {
      const std::string user = "load-" + std::to_string(n);
      support::raw(owner, "UPDATE vault_records SET refresh_sealed = '\\x" +
                              crypto::hex(crypto::seal(seal, "r", vault_place("refresh_sealed", user))) +
                              "' WHERE user_id = '" + user + "'");
    }
    support::raw(owner, "VACUUM ANALYZE vault_records");
  }
  ~VaultKeeperLoad() override { support::raw(owner, "DELETE FROM vault_records"); }
  Vault prompt_vault() { return {worker, prompt, providers, seal, clock}; }

  support::PromptProvider prompt;
};

TEST_F(VaultKeeperLoad, OneKeeperKeepsAHundredThousandRecordsFreshAtASteadyRate) {
  std::vector<int> by_minute;
  const auto start = std::chrono::steady_clock::now();
  for (int second = 0; second < kSeconds; ++second) {
    later(Seconds(1));
    keeper.round(prompt_vault(), milliseconds(0));
    if (second % 60 != 59) continue;
    by_minute.push_back(prompt.asked);
    prompt.asked = 0;
    ASSERT_EQ(count("vault_records WHERE refresh_at < timestamptz '" + to_rfc3339(time()) +
                    "' - interval '5 seconds'"),
              "0");
  }
  const double spent = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  // 100 000 in 18 hours are 93 a minute.
  EXPECT_THAT(by_minute, Each(AllOf(Ge(85), Le(100))));
  EXPECT_EQ(count("vault_records WHERE state <> 'good'"), "0");
  std::cout << kSeconds << " seconds of 100 000 records took one keeper " << spent << " s\n";
  EXPECT_LT(spent, kSeconds / 10.0);
}

TEST_F(VaultKeeperLoad, WhatIsDueIsReadFromAnIndexAlone) {
  support::raw(worker, "SET plan_cache_mode = force_generic_plan");
  db::vault::due(worker, time(), 10);
  std::string plan;
  for (const db::Row& row : support::raw(worker, "EXPLAIN EXECUTE vault_record_due(now(), 10, '')"))
    plan += row.text("QUERY PLAN") + "\n";
  EXPECT_THAT(plan, HasSubstr("Index Only Scan using vault_records_due"));
  EXPECT_THAT(plan, AllOf(Not(HasSubstr("Sort")), Not(HasSubstr("Seq Scan on vault_records"))));
}

}  // namespace
}  // namespace gatehouse::flows
