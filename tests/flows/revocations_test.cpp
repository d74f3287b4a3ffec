#include "flows/revocations.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <limits>
#include <thread>

#include "db/conninfo.h"
#include "db/revocations.h"
#include "flows/feed.h"
#include "flows/live_token.h"
#include "tests/support/flow_test.h"
#include "tests/support/slowness.h"

namespace gatehouse::flows {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

class RevocationsInForce : public support::FlowTest {
 protected:
  void revoke(const db::revocations::Revocation& revocation) {
    auto tx = worker.begin();
    db::revocations::revoke(tx, revocation);
    tx.commit();
  }
  bool revoked(const std::vector<RevocationCheck>& checks, Time at, std::string_view token_id = {}) {
    return revocations.is_revoked(checks, at, token_id);
  }
  bool revoked(std::int64_t version, Time at) { return revoked({{key, version}}, at); }

  // Of a transaction that the map's feed has read past.
  std::uint64_t number_before() {
    return RevocationMap::open(Revocations::map_file(folder.path()))->next() - 1;
  }

  const std::string key = "client:" + unique_digits();
};

TEST_F(RevocationsInForce, WhatIsNotListedIsNotRevoked) { EXPECT_FALSE(revoked(0, now)); }

TEST_F(RevocationsInForce, VersionsBelowAreRevokedAndOthersAreNot) {
  revoke({key, 3, now, now + hours(1)});
  EXPECT_TRUE(revoked(2, now));
  EXPECT_FALSE(revoked(3, now));
}

TEST_F(RevocationsInForce, EveryVersionIsRevokedWhereTheRevocationSaysSo) {
  revoke({key, kEveryVersion, kAtOnce, now + hours(1)});
  EXPECT_TRUE(revoked(std::numeric_limits<std::int64_t>::max(), now));
}

TEST_F(RevocationsInForce, ARevocationCountsFromItsTimeOn) {
  revoke({key, 1, now + hours(1), now + hours(2)});
  EXPECT_FALSE(revoked(0, now + hours(1) - seconds(1)));
  EXPECT_TRUE(revoked(0, now + hours(1)));
}

TEST_F(RevocationsInForce, AnyOfTheKeysIsEnough) {
  revoke({key, 1, now, now + hours(1)});
  EXPECT_TRUE(revoked({{"token:x", 0}, {"family:x", 0}, {key, 0}}, now));
  EXPECT_TRUE(revoked({{key, 0}, {"family:x", 0}}, now));
  EXPECT_FALSE(revoked({{"token:x", 0}, {"family:x", 0}, {key, 1}}, now));
}

TEST_F(RevocationsInForce, OneTokenMayBeSpared) {
  const std::string user = "subject:" + unique_digits();
  revoke({user, 2, now, now + hours(1), "first"});
  EXPECT_FALSE(revoked({{user, 1}}, now, "first"));
  EXPECT_TRUE(revoked({{user, 1}}, now, "other"));
  EXPECT_TRUE(revoked({{user, 1}}, now));
  revoke({user, 3, now, now + hours(1), "second"});
  EXPECT_TRUE(revoked({{user, 1}}, now, "first"));
  EXPECT_FALSE(revoked({{user, 1}}, now, "second"));
}

TEST_F(RevocationsInForce, WhereThereIsNoFeedNobodyGetsIn) {
  const support::TemporaryFolder empty;
  Revocations none(empty.path(), hours(1));
  EXPECT_EQ(support::refusal([&] { none.is_revoked({}, now); }), Errc::unavailable);
}

TEST_F(RevocationsInForce, WhereTheFeedHangsNobodyGetsInUntilItIsBack) {
  Revocations strict(folder.path(), milliseconds(300));
  feed.round();
  EXPECT_FALSE(strict.is_revoked({}, now));
  std::this_thread::sleep_for(milliseconds(350));
  EXPECT_EQ(support::refusal([&] { strict.is_revoked({}, now); }), Errc::unavailable);
  feed.round();
  EXPECT_FALSE(strict.is_revoked({}, now));
}

TEST_F(RevocationsInForce, WhoWaitsReturnsWhenARoundHasBegunAfterThat) {
  std::jthread rounds([&](const std::stop_token& stop) {
    db::Connection own(db::conninfo(support::Database::of_this_binary().worker()));
    Feed another(own, folder.path(), clock);
    while (!stop.stop_requested()) {
      another.round();
      another.wait();
    }
  });
  const auto asked = since_boot();
  revocations.await();  // for an hour, but for the feed
  EXPECT_GT(RevocationMap::open(Revocations::map_file(folder.path()))->fresh_at(), asked);
}

TEST_F(RevocationsInForce, WhoWaitsInVainReturnsWhenNobodyGetsInAnyMore) {
  Revocations strict(folder.path(), milliseconds(300));
  feed.round();
  EXPECT_FALSE(strict.is_revoked({}, now));
  strict.await();
  EXPECT_EQ(support::refusal([&] { strict.is_revoked({}, now); }), Errc::unavailable);
}

TEST_F(RevocationsInForce, AMapThatNoRoundHasFilledLetsNobodyIn) {
  const support::TemporaryFolder other;
  const Feed unread(worker, other.path(), clock);
  Revocations patient(other.path(), hours(24 * 365 * 50));  // longer than any machine has been up
  EXPECT_EQ(support::refusal([&] { patient.is_revoked({}, now); }), Errc::unavailable);
}

TEST_F(RevocationsInForce, AMapThatWasTakenAwayIsPutBackAndFoundByWhoHadIt) {
  EXPECT_FALSE(revoked(0, now));
  std::filesystem::remove(Revocations::map_file(folder.path()));
  EXPECT_EQ(support::refusal([&] { revoked(0, now); }), Errc::unavailable)
      << "nobody would tell it of changes";
  feed.round();
  revoke({key, 1, now, now + hours(1)});
  EXPECT_TRUE(revoked(0, now));
  Revocations newcomer(folder.path(), hours(1));
  EXPECT_EQ(newcomer.trouble(), "");
}

TEST_F(RevocationsInForce, WhoHasAMapFromBeforeANewFeedLooksAgain) {
  EXPECT_FALSE(revoked(0, now));
  std::filesystem::remove(Revocations::map_file(folder.path()));
  Feed another(worker, folder.path(), clock);
  another.round();
  worker.on_revocation([&] { another.round(); });
  revoke({key, 1, now, now + hours(1)});
  EXPECT_TRUE(revoked(0, now));
}

// A worker's clock may be a minute behind PostgreSQL's.
TEST_F(RevocationsInForce, AMoveTakesAlongWhatHasExpiredWithinTheLastMinute) {
  revoke({key, 1, now, now + hours(1)});
  const auto kept = [&](Time at) {
    const auto another = RevocationMap::make(folder.path() + "/moved", 10);
    RevocationMap::open(Revocations::map_file(folder.path()))->copy_into(*another, at);
    return another->min_version(key) != 0;
  };
  EXPECT_TRUE(kept(now + hours(1) + seconds(59)));
  EXPECT_FALSE(kept(now + hours(1) + seconds(61)));
}

// Ten times what the first map has room for, with somebody reading all the time.
TEST_F(RevocationsInForce, TheMapGrowsUnderThoseWhoReadIt) {
  revoke({key, 1, now, now + hours(1)});
  support::raw(owner,
               "INSERT INTO revocations (key, min_version, effective_at, expires_at) SELECT 'token:" + key +
                   "' || n, 1, now(), to_timestamp(4000000000) FROM generate_series(1, 30000) AS n");
  EXPECT_TRUE(revoked(0, now));
  {
    std::atomic<int> missed = 0;
    std::jthread reader([&](const std::stop_token& stop) {
      Revocations own(folder.path(), hours(1));
      const std::vector<RevocationCheck> checks{{key, 0}};
      while (!stop.stop_requested()) missed += own.is_revoked(checks, now) ? 0 : 1;
    });
    feed.round();
    EXPECT_EQ(missed, 0);
  }
  EXPECT_TRUE(revoked(0, now));
  for (const char* n : {"1", "777", "30000"}) EXPECT_TRUE(revoked({{"token:" + key + n, 0}}, now)) << n;
  EXPECT_FALSE(revoked({{"token:" + key + "30001", 0}}, now));
  // 64 bytes for each, just after growing as well. (While it grows, the map before is there beside it.)
  EXPECT_LT(std::filesystem::file_size(Revocations::map_file(folder.path())), 64U * 30'000U);
  const support::TemporaryFolder elsewhere;
  Feed anew(worker, elsewhere.path(), clock);  // all of them in pages
  anew.round();
  EXPECT_NE(
      RevocationMap::open(Revocations::map_file(elsewhere.path()))->min_version("token:" + key + "30000"),
      0U);
  support::raw(owner, "DELETE FROM revocations WHERE key LIKE 'token:" + key + "%'");
}

// Without what is shared, such as the map.
int own_memory_kb() {
  std::ifstream lines("/proc/self/status");
  for (std::string name, line; lines >> name && std::getline(lines, line);)
    if (name == "RssAnon:") return std::stoi(line);
  return 0;
}

// (AddressSanitizer keeps what was freed.)
TEST_F(RevocationsInForce, TheMemoryThatALargeRoundTookGoesBack) {
  support::raw(owner,
               "INSERT INTO revocations (key, min_version, effective_at, expires_at) SELECT 'token:" + key +
                   "' || n, 1, now(), to_timestamp(4000000000) FROM generate_series(1, 90000) AS n");
  const int before = own_memory_kb();
  feed.round();
  feed.wait();
  EXPECT_LT(own_memory_kb(), before + 12'000 * support::kSlowness * support::kSlowness);
  support::raw(owner, "DELETE FROM revocations WHERE key LIKE 'token:" + key + "%'");
}

TEST_F(RevocationsInForce, AFeedThatStartsAnewGoesOnWhereTheOldOneWas) {
  revoke({key, 1, now, now + hours(1)});
  worker.on_revocation(nullptr);
  revoke({key + "b", 1, now, now + hours(1)});
  Feed another(worker, folder.path(), clock);
  EXPECT_TRUE(revoked(0, now)) << "checks must not stop meanwhile";
  another.round();
  EXPECT_TRUE(revoked({{key + "b", 0}}, now));
}

// What another server has given numbers to is read whole.
TEST_F(RevocationsInForce, AfterAFailoverEverythingIsReadAgain) {
  worker.on_revocation(nullptr);
  revoke({key, 1, now, now + hours(1)});
  RevocationMap::open_to_write(Revocations::map_file(folder.path()))
      ->set_source("another server", std::numeric_limits<std::int64_t>::max());
  Feed another(worker, folder.path(), clock);
  another.round();
  EXPECT_TRUE(revoked(0, now));
}

// A server that has crashed gives numbers again; its unlogged tables are empty.
TEST_F(RevocationsInForce, AfterACrashEverythingIsReadAgainAndOtherwiseOnlyWhatIsNew) {
  worker.on_revocation(nullptr);
  feed.round();
  revoke({key, 1, now, now + hours(1)});
  support::raw(owner, "ALTER TABLE revocations DISABLE TRIGGER written");
  support::raw(owner, "UPDATE revocations SET written_by = '" + std::to_string(number_before()) +
                          "' WHERE key = '" + key + "'");
  support::raw(owner, "ALTER TABLE revocations ENABLE ALWAYS TRIGGER written");
  Feed another(worker, folder.path(), clock);
  another.round();
  EXPECT_FALSE(revoked(0, now));
  support::raw(owner, "DELETE FROM crash_mark");
  another.round();
  EXPECT_TRUE(revoked(0, now));
}

// To this host's clock it is none that has expired.
TEST_F(RevocationsInForce, WhereThisHostsClockIsBehindAMoveTakesAlongWhatCountsHere) {
  const Time at = SystemClock().now() - hours(1);
  const support::MovedClock behind(at);
  const support::TemporaryFolder elsewhere;
  Feed slow(worker, elsewhere.path(), behind);
  revoke({key, kEveryVersion, kAtOnce, at + seconds(900)});
  slow.round();
  std::filesystem::remove(Revocations::map_file(elsewhere.path()));
  slow.round();
  EXPECT_TRUE(Revocations(elsewhere.path(), hours(1)).is_revoked({{{key, 0}}}, at));
}

TEST_F(RevocationsInForce, AMapThatIsDamagedIsMadeAnew) {
  std::filesystem::resize_file(Revocations::map_file(folder.path()), 5000);
  Feed another(worker, folder.path(), clock);
  another.round();
  Revocations reader(folder.path(), hours(1));
  EXPECT_FALSE(reader.is_revoked({}, now));
}

}  // namespace
}  // namespace gatehouse::flows
