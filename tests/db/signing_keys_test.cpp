#include "db/signing_keys.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/support/database.h"

namespace gatehouse::db::signing_keys {
namespace {

using std::chrono::hours;

class SigningKeysTest : public support::DatabaseTest {
 protected:
  SigningKeysTest() { support::raw(owner, "DELETE FROM signing_keys"); }

  void add(const std::string& kid, Time signs_from) {
    auto tx = owner.begin();
    insert(tx, {kid, "ES256", std::string("\0sealed", 7), R"({"kty":"EC"})", now, signs_from, std::nullopt});
    tx.commit();
  }
  bool retire_it(const std::string& kid, Time until) {
    auto tx = owner.begin();
    const bool retired = retire(tx, kid, until);
    tx.commit();
    return retired;
  }
};

TEST_F(SigningKeysTest, AKeyIsListedAsItWasMade) {
  add("k1", now + hours(1));
  const auto keys = list(worker, now);
  ASSERT_EQ(keys.size(), 1U);
  EXPECT_EQ(keys[0].kid, "k1");
  EXPECT_EQ(keys[0].alg, "ES256");
  EXPECT_EQ(keys[0].private_sealed, std::string("\0sealed", 7));
  EXPECT_EQ(keys[0].public_jwk, R"({"kty":"EC"})");
  EXPECT_EQ(keys[0].announced_at, now);
  EXPECT_EQ(keys[0].signs_from, now + hours(1));
  EXPECT_EQ(keys[0].verify_until, std::nullopt);
}

TEST_F(SigningKeysTest, TheNewestComesFirst) {
  add("old", now);
  add("new", now + hours(1));
  EXPECT_EQ(list(worker, now).front().kid, "new");
}

TEST_F(SigningKeysTest, ARetiredKeyIsListedUntilItsEndWhichMayBeMoved) {
  add("k1", now);
  EXPECT_TRUE(retire_it("k1", now + hours(1)));
  EXPECT_FALSE(retire_it("k1", now + hours(1)));
  EXPECT_TRUE(retire_it("k1", now + hours(9)));
  EXPECT_EQ(list(worker, now).front().verify_until, now + hours(9));
  EXPECT_TRUE(list(worker, now + hours(9)).empty());
}

TEST_F(SigningKeysTest, AWorkerCannotMakeAKey) {
  auto tx = worker.begin();
  EXPECT_THROW(insert(tx, {"k", "ES256", "x", "{}", now, now, std::nullopt}), Error);
}

TEST_F(SigningKeysTest, AKeyOfTheSameNameIsAConflict) {
  add("k1", now);
  EXPECT_THROW(add("k1", now), Error);
}

TEST_F(SigningKeysTest, ALockMakesTheSecondAdministratorWaitAndNoReader) {
  auto tx = owner.begin();
  lock(tx);
  EXPECT_TRUE(list(tx, now).empty());
  EXPECT_TRUE(list(worker, now).empty());
  auto parts = support::Database::of_this_binary().owner();
  parts.lock_timeout = std::chrono::milliseconds(50);
  Connection other(conninfo(parts));
  auto second = other.begin();
  EXPECT_THROW(lock(second), Error);
}

}  // namespace
}  // namespace gatehouse::db::signing_keys
