#include "db/revocations.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "tests/support/database.h"

namespace gatehouse::db::revocations {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

class RevocationsTest : public support::DatabaseTest {
 protected:
  RevocationsTest() { mark(worker); }

  // In batches of two, over the rows of other tests too; true where a batch was full.
  bool clean(Time at) {
    bool full = false;
    for (;;) {
      const auto deleted = delete_expired(owner, at, 2);
      EXPECT_LE(deleted, 2);
      if (deleted == 0) return full;
      full = full || deleted == 2;
    }
  }

  bool revoke(const Revocation& revocation) { return revoke_by(worker, revocation); }
  static bool revoke_by(Connection& db, const Revocation& revocation) {
    auto tx = db.begin();
    const bool is_new = revocations::revoke(tx, revocation);
    tx.commit();
    return is_new;
  }
  static std::optional<Revocation> find(const std::vector<Revocation>& rows, const std::string& key) {
    const auto found =
        std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row.key == key; });
    return found == rows.end() ? std::nullopt : std::optional(*found);
  }
  std::optional<Revocation> stored() { return find(list_after(worker, "", 100'000), key); }

  const std::string key = "subject:" + unique_digits();
};

TEST_F(RevocationsTest, OnlyTheFirstOfAKeyIsNew) {
  EXPECT_TRUE(revoke({key, 1, now, now + hours(1)}));
  EXPECT_FALSE(revoke({key, 2, now, now + hours(1)}));
}

TEST_F(RevocationsTest, ASecondRevocationOnlyEverAdds) {
  revoke({key, 5, now + hours(1), now + hours(4)});
  revoke({key, 3, now, now + hours(2)});
  EXPECT_EQ(stored()->min_version, 5);
  EXPECT_EQ(stored()->effective_at, now);
  EXPECT_EQ(stored()->expires_at, now + hours(4));
  revoke({key, 7, now + hours(2), now + hours(5)});
  EXPECT_EQ(stored()->min_version, 7);
  EXPECT_EQ(stored()->effective_at, now);
}

TEST_F(RevocationsTest, TheLastOneSaysWhichTokenIsSpared) {
  revoke({key, 2, now, now + hours(1), "first"});
  revoke({key, 3, now, now + hours(1), "second"});
  EXPECT_EQ(stored()->spares, "second");
  revoke({key, 4, now, now + hours(1)});
  EXPECT_EQ(stored()->spares, std::nullopt);
}

TEST_F(RevocationsTest, ARolledBackRevocationDidNotHappen) {
  {
    auto tx = worker.begin();
    revocations::revoke(tx, {key, 1, now, now + hours(1)});
  }
  EXPECT_FALSE(stored());
}

TEST_F(RevocationsTest, ExpiredOnesAreDeletedInBatches) {
  revoke({key, 1, now, now + hours(1)});
  revoke({key + "b", 1, now, now + hours(1)});
  clean(now + hours(1) - seconds(1));
  EXPECT_TRUE(stored());
  EXPECT_TRUE(clean(now + hours(1)));
  EXPECT_FALSE(stored());
}

TEST_F(RevocationsTest, AListHasWhatComesAfterAKeyExpiredOrNot) {
  revoke({key, 1, now - hours(2), now - hours(1)});
  EXPECT_TRUE(stored());
  EXPECT_FALSE(find(list_after(worker, key, 100'000), key));
  EXPECT_LE(list_after(worker, "", 1).size(), 1U);
}

TEST_F(RevocationsTest, ChangesAreWhatASnapshotDoesNotHave) {
  const auto before = changes(worker, seen_before(1), 100'000);
  revoke({key, 2, now, now + hours(1), "spared"});
  const auto next = changes(worker, before.seen, 100'000);
  EXPECT_EQ(find(next.revocations, key)->spares, "spared");
  EXPECT_EQ(next.source, before.source);
  EXPECT_FALSE(find(changes(worker, next.seen, 100'000).revocations, key));
}

TEST_F(RevocationsTest, AnEarlyTransactionThatCommitsLateIsAmongLaterChanges) {
  auto late = worker.begin();
  revocations::revoke(late, {key, 1, now, now + hours(1)});
  Connection other(conninfo(support::Database::of_this_binary().worker()));
  revoke_by(other, {key + "quick", 1, now, now + hours(1)});
  const auto seen = changes(other, seen_before(1), 100'000);
  late.commit();
  EXPECT_TRUE(find(changes(other, seen.seen, 100'000).revocations, key));
}

TEST_F(RevocationsTest, WhatWasReadIsNotReadAgainWhileAnEarlierTransactionIsOpen) {
  auto open = worker.begin();
  revocations::revoke(open, {key, 1, now, now + hours(1)});
  Connection other(conninfo(support::Database::of_this_binary().worker()));
  revoke_by(other, {key + "quick", 1, now, now + hours(1)});
  const auto seen = changes(other, seen_before(1), 100'000);
  EXPECT_TRUE(find(seen.revocations, key + "quick"));
  EXPECT_FALSE(find(changes(other, seen.seen, 100'000).revocations, key + "quick"));
}

TEST_F(RevocationsTest, ATimeThatNobodyCouldReadIsRefused) {
  for (const char* times :
       {"'infinity', now()", "now(), 'infinity'", "now(), '12000-01-01'", "'0001-01-01 BC', now()"})
    EXPECT_THROW(
        support::raw(worker,
                     "INSERT INTO revocations (key, min_version, effective_at, expires_at) VALUES ('" + key +
                         "', 1, " + times + ")"),
        Error)
        << times;
}

// A restore brings back rows with the numbers of the server that they were written on.
TEST_F(RevocationsTest, NumbersThatThisServerHasYetToGiveAreNoChanges) {
  revoke({key, 1, now, now + hours(1)});
  support::raw(owner, "ALTER TABLE revocations DISABLE TRIGGER written");
  support::raw(owner, "UPDATE revocations SET written_by = '9000000000' WHERE key = '" + key + "'");
  support::raw(owner, "ALTER TABLE revocations ENABLE ALWAYS TRIGGER written");
  EXPECT_FALSE(find(changes(worker, seen_before(1), 100'000).revocations, key));
  revoke({key, 2, now, now + hours(1)});
  EXPECT_TRUE(find(changes(worker, seen_before(1), 100'000).revocations, key));
}

TEST_F(RevocationsTest, AServerThatHasLostItsMarkIsAnotherSource) {
  const auto before = changes(worker, seen_before(1), 1).source;
  mark(worker);
  EXPECT_EQ(changes(worker, seen_before(1), 1).source, before);
  support::raw(owner, "DELETE FROM crash_mark");
  EXPECT_EQ(changes(worker, seen_before(1), 1).source, "");
  mark(worker);
  EXPECT_NE(changes(worker, seen_before(1), 1).source, before);
}

TEST_F(RevocationsTest, AnotherTableIsAnotherSource) {
  const auto before = changes(worker, seen_before(1), 1).source;
  support::raw(owner, "ALTER TABLE revocations RENAME TO former");
  support::raw(owner, "CREATE TABLE revocations (LIKE former)");
  const auto after = changes(owner, seen_before(1), 1).source;
  support::raw(owner, "DROP TABLE revocations");
  support::raw(owner, "ALTER TABLE former RENAME TO revocations");
  EXPECT_NE(after, before);
  EXPECT_EQ(changes(worker, seen_before(1), 1).source, before);
}

TEST_F(RevocationsTest, ACommitThatRevokesReturnsWhenThatIsInForce) {
  int awaited = 0;
  worker.on_revocation([&] { ++awaited; });
  worker.begin().commit();
  EXPECT_EQ(awaited, 0);
  revoke({key, 1, now, now + hours(1)});
  EXPECT_EQ(awaited, 1);
  worker.begin();  // what was rolled back is nothing to wait for
  EXPECT_EQ(awaited, 1);
}

}  // namespace
}  // namespace gatehouse::db::revocations
