#include "db/revocations.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/support/database.h"

namespace gatehouse::db::revocations {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

class RevocationsTest : public support::DatabaseTest {
 protected:
  bool revoked(std::vector<Check> keys, Time at) { return is_revoked(worker, keys, at); }
  bool revoked(std::int64_t version, Time at) { return revoked({{key, version}}, at); }
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

  const std::string key = "subject:" + unique_digits();
};

TEST_F(RevocationsTest, WhatIsNotListedIsNotRevoked) { EXPECT_FALSE(revoked(0, now)); }

TEST_F(RevocationsTest, VersionsBelowAreRevokedAndOthersAreNot) {
  revoke({key, 3, now, now + hours(1)});
  EXPECT_TRUE(revoked(2, now));
  EXPECT_FALSE(revoked(3, now));
}

TEST_F(RevocationsTest, OnlyTheFirstOfAKeyIsNew) {
  EXPECT_TRUE(revoke({key, 1, now, now + hours(1)}));
  EXPECT_FALSE(revoke({key, 2, now, now + hours(1)}));
}

TEST_F(RevocationsTest, ARevocationCountsFromItsTimeOn) {
  revoke({key, 1, now + hours(1), now + hours(2)});
  EXPECT_FALSE(revoked(0, now + hours(1) - seconds(1)));
  EXPECT_TRUE(revoked(0, now + hours(1)));
}

TEST_F(RevocationsTest, AnyOfThreeKeysIsEnough) {
  revoke({key, 1, now, now + hours(1)});
  EXPECT_TRUE(revoked({{"token:x", 0}, {"family:x", 0}, {key, 0}}, now));
  EXPECT_TRUE(revoked({{"token:x", 0}, {key, 0}, {"client:x", 5}}, now));
  EXPECT_TRUE(revoked({{"a", 0}, {"b", 0}, {"c", 0}, {"d", 0}, {key, 0}}, now));
  EXPECT_TRUE(revoked({{"a", 0}, {"b", 0}, {"c", 0}, {key, 0}, {"e", 0}}, now));
  EXPECT_TRUE(revoked({{key, 0}, {"family:x", 0}}, now));
  EXPECT_FALSE(revoked({{"token:x", 0}, {"family:x", 0}, {key, 1}}, now));
}

TEST_F(RevocationsTest, EachKeyIsHeldAgainstItsOwnVersion) {
  revoke({key, 5, now, now + hours(1)});
  EXPECT_FALSE(revoked({{"token:x", 0}, {key, 7}}, now));
}

TEST_F(RevocationsTest, NoKeysAndMoreThanFiveAreAMistake) {
  EXPECT_THROW(revoked(std::vector<Check>{}, now), Error);
  EXPECT_THROW(revoked({{key, 0}, {key, 0}, {key, 0}, {key, 0}, {key, 0}, {key, 0}}, now), Error);
}

TEST_F(RevocationsTest, ASecondRevocationOnlyEverAdds) {
  revoke({key, 5, now + hours(1), now + hours(4)});
  revoke({key, 3, now, now + hours(2)});
  EXPECT_TRUE(revoked(4, now));
  clean(now + hours(3));
  EXPECT_TRUE(revoked(4, now));
  revoke({key, 7, now + hours(2), now + hours(5)});
  EXPECT_TRUE(revoked(6, now));
}

TEST_F(RevocationsTest, ARolledBackRevocationDidNotHappen) {
  {
    auto tx = worker.begin();
    revocations::revoke(tx, {key, 1, now, now + hours(1)});
  }
  EXPECT_FALSE(revoked(0, now));
}

TEST_F(RevocationsTest, ExpiredOnesAreDeletedInBatches) {
  revoke({key, 1, now, now + hours(1)});
  revoke({key + "b", 1, now, now + hours(1)});
  clean(now + hours(1) - seconds(1));
  EXPECT_TRUE(revoked(0, now));
  EXPECT_TRUE(clean(now + hours(1)));
  EXPECT_FALSE(revoked(0, now));
  EXPECT_FALSE(revoked({{key + "b", 0}}, now));
}

// What a later follower of the table relies on: an early transaction that commits late is not missed.
TEST_F(RevocationsTest, WhoFollowsByTransactionSeesALateCommit) {
  auto late = worker.begin();
  revocations::revoke(late, {key, 1, now, now + hours(1)});
  auto parts = support::Database::of_this_binary().worker();
  Connection other(conninfo(parts));
  revoke_by(other, {key + "quick", 1, now, now + hours(1)});
  const std::string horizon =
      support::raw_text(other, "SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS value");
  late.commit();
  EXPECT_EQ(support::raw_text(other, "SELECT count(*) AS value FROM revocations WHERE written_by >= '" +
                                         horizon + "'::xid8 AND key = '" + key + "'"),
            "1");
}

TEST_F(RevocationsTest, OneTokenMayBeSpared) {
  const std::vector<Check> keys{{key, 1}};
  revoke({key, 2, now, now + hours(1), "spared"});
  EXPECT_FALSE(is_revoked(worker, keys, now, "spared"));
  EXPECT_TRUE(is_revoked(worker, keys, now, "other"));
  EXPECT_TRUE(is_revoked(worker, keys, now));
}

TEST_F(RevocationsTest, ALaterOneSparesWhomItSaysAndNobodyElse) {
  const std::vector<Check> keys{{key, 1}};
  revoke({key, 2, now, now + hours(1), "first"});
  revoke({key, 3, now, now + hours(1), "second"});
  EXPECT_TRUE(is_revoked(worker, keys, now, "first"));
  EXPECT_FALSE(is_revoked(worker, keys, now, "second"));
  revoke({key, 4, now, now + hours(1)});
  EXPECT_TRUE(is_revoked(worker, keys, now, "second"));
}

}  // namespace
}  // namespace gatehouse::db::revocations
