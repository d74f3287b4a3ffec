#include "db/login_attempts.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "tests/support/database.h"

namespace gatehouse::db::login_attempts {
namespace {

class LoginAttemptsTest : public support::DatabaseTest {
 protected:
  Attempt from(const std::string& account, const std::string& address, Time at) const {
    return {tenant, account, address, at};
  }
  bool counted(const std::string& account, const std::string& address, Time at) {
    return !take(worker, from(account, address, at), limits);
  }
  bool counted(const std::string& account = "ann", const std::string& address = "192.0.2.1") {
    return counted(account, address, now);
  }
  std::string rows() {
    return support::raw_text(owner,
                             "SELECT coalesce(string_agg(attempts::text, ' ' ORDER BY account), '') AS value "
                             "FROM login_attempts WHERE tenant_id = '" +
                                 tenant.str() + "'");
  }

  const Limits limits{3, 5, Seconds(60)};
};

TEST_F(LoginAttemptsTest, SoManyAreCountedAndNoMore) {
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(counted());
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(take(worker, from("ann", "192.0.2.1", now), limits), now + Seconds(60));
  EXPECT_EQ(rows(), "3 3");
}

TEST_F(LoginAttemptsTest, AnotherAddressOrAccountIsAnother) {
  for (int i = 0; i < 3; ++i) counted();
  EXPECT_TRUE(counted("ann", "192.0.2.2"));
  EXPECT_TRUE(counted("ben", "192.0.2.1"));
}

TEST_F(LoginAttemptsTest, AnotherTenantIsAnother) {
  for (int i = 0; i < 3; ++i) counted();
  EXPECT_EQ(take(worker, {default_tenant(), "ann", "192.0.2.1", now}, limits), std::nullopt);
}

TEST_F(LoginAttemptsTest, AnAddressHasALimitOverAllAccounts) {
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(counted("account " + std::to_string(i)));
  EXPECT_FALSE(counted("account 6"));
  EXPECT_TRUE(counted("account 6", "192.0.2.2"));
}

TEST_F(LoginAttemptsTest, WhatTheAddressMayNotDoIsNotCountedForTheAccount) {
  for (int i = 0; i < 5; ++i) counted("account " + std::to_string(i));
  counted("ann");
  EXPECT_EQ(rows(), "5 1 1 1 1 1 0");
}

TEST_F(LoginAttemptsTest, AWindowEnds) {
  for (int i = 0; i < 3; ++i) counted("ann", "192.0.2.1", now + Seconds(i));
  EXPECT_FALSE(counted("ann", "192.0.2.1", now + Seconds(59)));
  EXPECT_TRUE(counted("ann", "192.0.2.1", now + Seconds(60)));
  EXPECT_EQ(rows(), "1 1");
}

TEST_F(LoginAttemptsTest, WhatIsGivenBackMayBeTakenAgain) {
  for (int i = 0; i < 3; ++i) counted();
  give_back(worker, from("ann", "192.0.2.1", now));
  EXPECT_EQ(rows(), "2 2");
  EXPECT_TRUE(counted());
  EXPECT_FALSE(counted());
}

TEST_F(LoginAttemptsTest, NothingIsGivenBackToALaterWindow) {
  counted();
  counted("ann", "192.0.2.1", now + Seconds(60));
  give_back(worker, from("ann", "192.0.2.1", now));
  EXPECT_EQ(rows(), "1 1");
}

TEST_F(LoginAttemptsTest, OfManyAtOnceExactlySoManyAreCounted) {
  std::atomic<int> taken = 0;
  std::vector<std::thread> callers;
  for (int i = 0; i < 16; ++i) {
    callers.emplace_back([&] {
      Connection own(conninfo(support::Database::of_this_binary().worker()), std::chrono::seconds(60));
      for (int n = 0; n < 20; ++n) {
        if (!take(own, from("ann", "192.0.2.1", now), {10, 100, Seconds(60)})) ++taken;
      }
    });
  }
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(taken, 10);
  EXPECT_EQ(rows(), "10 10");
}

// Taking and giving back from all sides at once must not end in a deadlock.
TEST_F(LoginAttemptsTest, OfManyRightOnesNoneIsLeft) {
  std::vector<std::thread> callers;
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([&] {
      Connection own(conninfo(support::Database::of_this_binary().worker()), std::chrono::seconds(60));
      for (int n = 0; n < 50; ++n) {
        const auto attempt = from("account " + std::to_string(n % 3), "192.0.2.1", now);
        EXPECT_EQ(take(own, attempt, {100, 100, Seconds(60)}), std::nullopt);
        give_back(own, attempt);
      }
    });
  }
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(rows(), "0 0 0 0");
}

TEST_F(LoginAttemptsTest, OldOnesGo) {
  counted();
  while (delete_expired(owner, now - Seconds(1), 1) > 0) {
  }
  EXPECT_EQ(rows(), "1 1");
  while (delete_expired(owner, now, 1) > 0) {
  }
  EXPECT_EQ(rows(), "");
}

}  // namespace
}  // namespace gatehouse::db::login_attempts
