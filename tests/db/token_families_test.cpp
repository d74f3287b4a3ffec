#include "db/token_families.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>
#include <vector>

#include "base/ids.h"
#include "db/services.h"
#include "tests/support/database.h"

namespace gatehouse::db::token_families {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

std::string hash_of(char c) { return std::string(32, c); }

class TokenFamiliesTest : public support::DatabaseTest {
 protected:
  TokenFamiliesTest() {
    auto tx = worker.begin();
    services::insert(tx, client, "app", "", hash_of('s'), now);
    tx.commit();
    insert(worker, {"fam" + digits, locator, client.str(), "42", std::nullopt, hash_of('0'), now,
                    now + hours(720), now + minutes(15)});
  }

  Family found() { return find_by_locator(worker, locator, now).value(); }
  Rotation rotation(char from, char to) {
    return {locator, hash_of(from), hash_of(to), "sealed", now + minutes(20)};
  }
  bool turn(char from, char to, Time at) { return rotate(worker, rotation(from, to), at).has_value(); }
  std::optional<Time> end_it(Time at) {
    auto tx = worker.begin();
    const auto ended = end(tx, "fam" + digits, at);
    tx.commit();
    return ended;
  }

  const std::string digits = unique_digits();
  const ServiceId client = ServiceId::trusted("svc_" + digits);
  const std::string locator = std::string(20, '\xfe') + digits;
};

TEST_F(TokenFamiliesTest, ANewFamilyIsFoundByItsLocator) {
  const Family family = found();
  EXPECT_EQ(family.family_id, "fam" + digits);
  EXPECT_EQ(family.client_id, client.str());
  EXPECT_EQ(family.subject, "42");
  EXPECT_EQ(family.scope, std::nullopt);
  EXPECT_EQ(family.current_hash, hash_of('0'));
  EXPECT_EQ(family.parent_hash, std::nullopt);
  EXPECT_EQ(family.replay, std::nullopt);
  EXPECT_EQ(family.rotated_at, std::nullopt);
  EXPECT_EQ(family.created_at, now);
  EXPECT_EQ(family.expires_at, now + hours(720));
  EXPECT_EQ(family.access_expires_at, now + minutes(15));
  EXPECT_EQ(family.ended_at, std::nullopt);
  EXPECT_FALSE(family.client_disabled);
}

TEST_F(TokenFamiliesTest, AnUnknownLocatorIsNotFound) {
  EXPECT_FALSE(find_by_locator(worker, hash_of('?'), now));
}

TEST_F(TokenFamiliesTest, RotationKeepsTheParentAndTheReplayAndNotTheExpiry) {
  EXPECT_TRUE(turn('0', '1', now + minutes(1)));
  const Family family = found();
  EXPECT_EQ(family.current_hash, hash_of('1'));
  EXPECT_EQ(family.parent_hash, hash_of('0'));
  EXPECT_EQ(family.replay, "sealed");
  EXPECT_EQ(family.rotated_at, now + minutes(1));
  EXPECT_EQ(family.expires_at, now + hours(720));
  EXPECT_EQ(family.access_expires_at, now + minutes(20));
}

TEST_F(TokenFamiliesTest, ARotationWithoutAReplayKeepsNone) {
  Rotation no_grace = rotation('0', '1');
  no_grace.replay.clear();
  EXPECT_TRUE(rotate(worker, no_grace, now));
  EXPECT_EQ(found().replay, std::nullopt);
}

TEST_F(TokenFamiliesTest, AnEarlierAccessExpiryDoesNotTakeThePlaceOfALaterOne) {
  Rotation shorter = rotation('0', '1');
  shorter.access_expires_at = now + minutes(5);
  EXPECT_TRUE(rotate(worker, shorter, now));
  EXPECT_EQ(found().access_expires_at, now + minutes(15));
}

TEST_F(TokenFamiliesTest, WhoRotatesLearnsWhomTheFamilyIsFor) {
  const auto holder = rotate(worker, rotation('0', '1'), now);
  ASSERT_TRUE(holder);
  EXPECT_EQ(holder->family_id, "fam" + digits);
  EXPECT_EQ(holder->client_id, client.str());
  EXPECT_EQ(holder->subject, "42");
  EXPECT_EQ(holder->subject_tenant, std::nullopt);
  EXPECT_EQ(holder->expires_at, now + hours(720));
}

TEST_F(TokenFamiliesTest, TheAccessExpiryNeverPassesTheFamilys) {
  Rotation longer = rotation('0', '1');
  longer.access_expires_at = now + hours(721);
  EXPECT_TRUE(rotate(worker, longer, now));
  EXPECT_EQ(found().access_expires_at, now + hours(720));
}

TEST_F(TokenFamiliesTest, ATokenRotatesOnce) {
  EXPECT_TRUE(turn('0', '1', now));
  EXPECT_FALSE(turn('0', '2', now));
  EXPECT_EQ(found().current_hash, hash_of('1'));
}

TEST_F(TokenFamiliesTest, AnExpiredFamilyDoesNotRotate) {
  EXPECT_FALSE(turn('0', '1', now + hours(720)));
  EXPECT_TRUE(turn('0', '1', now + hours(719)));
}

TEST_F(TokenFamiliesTest, AnEndedFamilyDoesNotRotate) {
  end_it(now);
  EXPECT_FALSE(turn('0', '1', now));
}

TEST_F(TokenFamiliesTest, AFamilyOfADisabledClientDoesNotRotate) {
  auto tx = owner.begin();
  services::disable(tx, client, now);
  tx.commit();
  EXPECT_FALSE(turn('0', '1', now));
  EXPECT_TRUE(found().client_disabled);
}

TEST_F(TokenFamiliesTest, Of64ParallelRotationsOneWins) {
  std::atomic<int> winners = 0;
  std::latch all_connected(64);
  std::vector<std::thread> threads;
  threads.reserve(64);
  for (int i = 0; i < 64; ++i) {
    threads.emplace_back([&, i] {
      Connection own = support::connected_worker();
      find_by_locator(own, locator, now);
      all_connected.arrive_and_wait();
      winners += rotate(own, rotation('0', static_cast<char>('A' + i)), now) ? 1 : 0;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(winners, 1);
  EXPECT_EQ(found().parent_hash, hash_of('0'));
}

TEST_F(TokenFamiliesTest, EndingSaysWhenTheNewestAccessTokenExpiresAndErasesTheReplay) {
  turn('0', '1', now);
  EXPECT_EQ(end_it(now + minutes(1)), now + minutes(20));
  EXPECT_EQ(end_it(now + minutes(2)), std::nullopt);
  EXPECT_EQ(found().ended_at, now + minutes(1));
  EXPECT_EQ(found().replay, std::nullopt);
}

TEST_F(TokenFamiliesTest, ExpiredFamiliesAreDeletedInBatches) {
  insert(worker, {"other" + digits, std::string(20, '\xfd') + digits, client.str(), "43", "a b", hash_of('9'),
                  now, now + hours(720), now});
  while (delete_expired(owner, now + hours(719), 1) > 0) {
  }
  EXPECT_TRUE(find_by_locator(worker, locator, now));
  EXPECT_EQ(delete_expired(owner, now + hours(720), 1), 1);
  while (delete_expired(owner, now + hours(720), 1) > 0) {
  }
  EXPECT_FALSE(find_by_locator(worker, locator, now));
}

}  // namespace
}  // namespace gatehouse::db::token_families
