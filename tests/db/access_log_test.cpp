#include "db/access_log.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "tests/support/database.h"

namespace gatehouse::db::access_log {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

class AccessLogTest : public support::DatabaseTest {
 protected:
  Entry entry(Time at, int status = 200, std::int64_t milliseconds = 10) const {
    return {client.str(), "/api/internal/users", "GET", status, milliseconds, "192.0.2.7", "curl/8", at};
  }
  void write(const std::vector<Entry>& entries) { insert(worker, entries); }
  std::vector<int> statuses(const Page& page) {
    std::vector<int> result;
    for (const auto& row : list(worker, client, page)) result.push_back(row.status_code);
    return result;
  }
  std::int64_t requests(Time from, Time hours_from) { return sum(worker, client, from, hours_from).requests; }
  std::string count(const std::string& table, const std::string& condition = "true") {
    return support::raw_text(owner, "SELECT count(*) AS value FROM " + table + " WHERE client_id = '" +
                                        client.str() + "' AND " + condition);
  }
  bool refused(const std::string& sql) {
    try {
      support::raw(worker, sql);
      return false;
    } catch (const Error& e) {
      return e.cause().find("permission denied") != std::string::npos ||
             e.cause().find("must be owner") != std::string::npos;
    }
  }

  const ServiceId client = ServiceId::trusted("svc_" + unique_digits());
  const Time hour = Time(std::chrono::floor<hours>(now));
};

// Whoever asked has the answer, and others wait for the worker that writes.
TEST_F(AccessLogTest, ABatchIsNotWaitedFor) {
  support::raw(owner,
               "ALTER TABLE access_log ADD CONSTRAINT unsynced "
               "CHECK (current_setting('synchronous_commit') = 'off') NOT VALID");
  write({entry(now)});
  support::raw(owner, "ALTER TABLE access_log DROP CONSTRAINT unsynced");
  EXPECT_EQ(count("access_log"), "1");
}

TEST_F(AccessLogTest, ARowIsReadAsItWasWritten) {
  write({entry(now, 403, 35)});
  const auto rows = list(worker, client, {{}, 10, 0});
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_GT(rows[0].id, 0);
  EXPECT_EQ(rows[0].client_id, client.str());
  EXPECT_EQ(rows[0].endpoint, "/api/internal/users");
  EXPECT_EQ(rows[0].method, "GET");
  EXPECT_EQ(rows[0].status_code, 403);
  EXPECT_EQ(rows[0].response_time_ms, 35);
  EXPECT_EQ(rows[0].ip_address, "192.0.2.7");
  EXPECT_EQ(rows[0].user_agent, "curl/8");
  EXPECT_EQ(rows[0].created_at, now);
}

TEST_F(AccessLogTest, AHeaderThatIsNoUtf8IsKeptAsFarAsItIs) {
  auto odd = entry(now);
  odd.user_agent =
      "a\xff"
      "b'\"\\\n";
  write({odd});
  EXPECT_EQ(list(worker, client, {{}, 1, 0})[0].user_agent,
            "a\xEF\xBF\xBD"
            "b'\"\\\n");
}

TEST_F(AccessLogTest, IdsGrowWithTimeWithinABatchAndTheNewestComesFirst) {
  write({entry(now + seconds(2), 202), entry(now, 200), entry(now + seconds(1), 201)});
  write({entry(now + seconds(3), 203)});
  EXPECT_THAT(statuses({{}, 10, 0}), ElementsAre(203, 202, 201, 200));
}

TEST_F(AccessLogTest, PagesGoByOffsetOrByTheLastId) {
  write({entry(now, 200), entry(now + seconds(1), 201), entry(now + seconds(2), 202)});
  EXPECT_THAT(statuses({{}, 2, 0}), ElementsAre(202, 201));
  EXPECT_THAT(statuses({{}, 2, 2}), ElementsAre(200));
  const auto first = list(worker, client, {{}, 2, 0});
  EXPECT_THAT(statuses({first[1].id, 2, 0}), ElementsAre(200));
  EXPECT_THAT(statuses({{}, 2, 3}), IsEmpty());
}

TEST_F(AccessLogTest, AnotherClientsRowsAreNotShown) {
  auto other = entry(now);
  other.client_id = "svc_" + unique_digits();
  write({entry(now, 201), other});
  EXPECT_THAT(statuses({{}, 10, 0}), ElementsAre(201));
  EXPECT_EQ(requests(hour, hour), 1);
}

TEST_F(AccessLogTest, SumsCountRequestsErrorsAndMilliseconds) {
  write({entry(now, 200, 10), entry(now, 399, 20), entry(now, 400, 30)});
  write({entry(now, 503, 40)});
  const Sums sums = sum(worker, client, hour, hour);
  EXPECT_EQ(sums.requests, 4);
  EXPECT_EQ(sums.errors, 2);
  EXPECT_EQ(sums.milliseconds, 100);
}

TEST_F(AccessLogTest, MinutesCountUpToTheHourAndHoursFromThere) {
  write({entry(hour + minutes(9)), entry(hour + minutes(10)), entry(hour + minutes(59) + seconds(59)),
         entry(hour + hours(1)), entry(hour + hours(30))});
  EXPECT_EQ(requests(hour, hour), 5);
  EXPECT_EQ(requests(hour + minutes(10), hour + hours(1)), 4);
  EXPECT_EQ(requests(hour + minutes(11), hour + hours(1)), 3);
  EXPECT_EQ(requests(hour + hours(1), hour + hours(1)), 2);
  EXPECT_EQ(requests(hour + hours(31), hour + hours(31)), 0);
}

TEST_F(AccessLogTest, ManyWritersAtOnceLoseNothing) {
  std::vector<Connection> writers;
  for (int i = 0; i < 6; ++i) writers.emplace_back(conninfo(support::Database::of_this_binary().worker()));
  for (int round = 0; round < 5; ++round) {
    for (auto& writer : writers) insert(writer, std::vector{entry(now), entry(now - minutes(1))});
  }
  EXPECT_EQ(requests(hour - hours(1), hour - hours(1)), 60);
  EXPECT_EQ(count("access_log"), "60");
}

TEST_F(AccessLogTest, OldSumsAreDeletedInBatchesByGrain) {
  write({entry(hour), entry(hour + minutes(1)), entry(hour + minutes(2))});
  while (delete_sums(owner, Grain::minute, hour + minutes(2), 1) > 0) {
  }
  EXPECT_EQ(count("access_sums", "grain = 'minute'"), "1");
  EXPECT_EQ(count("access_sums", "grain = 'hour'"), "1");
  while (delete_sums(owner, Grain::hour, hour + hours(1), 1000) > 0) {
  }
  EXPECT_EQ(count("access_sums", "grain = 'hour'"), "0");
}

TEST_F(AccessLogTest, ARowWithoutAWeekOfItsOwnGoesToTheDefaultAndMovesWhenTheWeekIsMade) {
  const Time monday =
      from_unix_seconds(4'071'081'600);  // 2099-01-03 is a Saturday; its week began 2098-12-29
  write({entry(monday)});
  EXPECT_EQ(count("access_log_default"), "1");
  EXPECT_EQ(make_partitions(owner, monday, 1), 2);
  EXPECT_EQ(count("access_log_default"), "0");
  EXPECT_EQ(count("access_log_2098_12_29"), "1");
  EXPECT_EQ(make_partitions(owner, monday, 1), 0);
  write({entry(monday + days(7))});
  EXPECT_EQ(count("access_log_2099_01_05"), "1");
}

TEST_F(AccessLogTest, AWeekGoesWhenItHasEndedAndNotBefore) {
  const Time monday = from_unix_seconds(946'857'600);  // 2000-01-03
  make_partitions(owner, monday, 1);
  write({entry(monday), entry(monday + days(7))});
  EXPECT_FALSE(drop_partition(worker, monday + days(7) - seconds(1)));
  EXPECT_TRUE(drop_partition(worker, monday + days(7)));
  EXPECT_FALSE(drop_partition(worker, monday + days(7)));
  EXPECT_EQ(count("access_log"), "1");
  EXPECT_TRUE(drop_partition(worker, monday + days(14)));
  EXPECT_EQ(count("access_log"), "0");
}

TEST_F(AccessLogTest, OldRowsOfTheDefaultPartitionGoToo) {
  write({entry(from_unix_seconds(0))});
  while (drop_partition(worker, from_unix_seconds(86400))) {
  }
  EXPECT_EQ(count("access_log"), "0");
}

TEST_F(AccessLogTest, TheLastDayStaysWhateverAWorkerAsksFor) {
  make_partitions(worker, SystemClock().now(), 0);
  write({entry(SystemClock().now())});
  while (drop_partition(worker, from_unix_seconds(4'000'000'000))) {
  }
  EXPECT_EQ(count("access_log"), "1");
}

TEST_F(AccessLogTest, DroppingAWeekGivesUpWhereSomebodyReads) {
  const Time monday = from_unix_seconds(978'307'200);  // 2001-01-01
  make_partitions(owner, monday, 0);
  Connection another(conninfo(support::Database::of_this_binary().owner()));
  auto reader = another.begin();
  reader.run(Statement{"test_read_access_log", "SELECT count(*) AS value FROM access_log"});
  try {
    drop_partition(worker, monday + days(7));
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Errc::unavailable);
  }
  write({entry(now)});  // nobody waits behind it
  EXPECT_EQ(count("access_log_default", "created_at > '2030-01-01'"), "1");
}

TEST_F(AccessLogTest, AWorkerCanNeitherChangeNorDeleteNorEmptyTheLog) {
  EXPECT_TRUE(refused("UPDATE access_log SET status_code = 200"));
  EXPECT_TRUE(refused("DELETE FROM access_log"));
  EXPECT_TRUE(refused("TRUNCATE access_log"));
  EXPECT_TRUE(refused("DELETE FROM access_log_default"));
  EXPECT_TRUE(refused("DROP TABLE access_log_default"));
}

}  // namespace
}  // namespace gatehouse::db::access_log
