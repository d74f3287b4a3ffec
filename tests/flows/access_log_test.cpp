#include "flows/access_log.h"

#include <gmock/gmock.h>

#include "base/log.h"
#include "flows/statistics.h"
#include "tests/support/flow_test.h"

namespace gatehouse::flows {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

class AccessLogFlow : public support::FlowTest {
 protected:
  db::access_log::Entry entry(int status = 200, std::int64_t took = 10) const {
    return {client.id.str(), "/a", "GET", status, took, "192.0.2.7", "test", clock.now()};
  }
  void note(int count) {
    for (int i = 0; i < count; ++i) rows.note(entry());
  }
  // One request of the past, written at once.
  void request(Time at, int status = 200, std::int64_t took = 10) {
    auto past = entry(status, took);
    past.created_at = at;
    db::access_log::insert(worker, std::vector{past});
  }
  int written() {
    return std::stoi(support::raw_text(
        owner, "SELECT count(*) AS value FROM access_log WHERE client_id = '" + client.id.str() + "'"));
  }
  Statistics since(Time at) { return statistics(worker, client.id, at, time()); }
  template <class Action>
  static std::string said(Action action) {
    testing::internal::CaptureStderr();
    log::start("test", "");
    action();
    return testing::internal::GetCapturedStderr();
  }
  static db::Connection unreachable() {
    db::ConnectionParts parts;
    parts.host = "/nonexistent";
    return db::Connection(db::conninfo(parts));
  }

  const support::ServiceClient client = new_client();
  AccessLog rows;
  const AccessLog::Moment moment = std::chrono::steady_clock::now();
};

TEST_F(AccessLogFlow, WhatWasNotedIsWrittenByTheNextFlush) {
  note(3);
  EXPECT_EQ(written(), 0);
  rows.flush(worker, moment);
  EXPECT_EQ(written(), 3);
  EXPECT_EQ(rows.waiting(), 0U);
  rows.flush(worker, moment);
  EXPECT_EQ(written(), 3);
}

TEST_F(AccessLogFlow, ABatchIsDueWhenItIsFull) {
  note(99);
  EXPECT_FALSE(rows.is_due(moment));
  note(1);
  EXPECT_TRUE(rows.is_due(moment));
}

TEST_F(AccessLogFlow, WhilePostgresqlIsAwayEverythingIsKeptAndTriedASecondLater) {
  auto away = unreachable();
  note(150);
  rows.flush(away, moment);
  EXPECT_EQ(rows.waiting(), 150U);
  EXPECT_FALSE(rows.is_due(moment));
  rows.flush(worker, moment + milliseconds(900));
  EXPECT_EQ(written(), 0);
  rows.flush(worker, moment + seconds(2));
  EXPECT_EQ(written(), 150);
}

TEST_F(AccessLogFlow, BeyondTheBoundRowsAreCountedDroppedAndToldOf) {
  auto away = unreachable();
  note(static_cast<int>(AccessLog::kBound) + 7);
  EXPECT_EQ(rows.waiting(), AccessLog::kBound);
  EXPECT_THAT(said([&] { rows.flush(away, moment); }), HasSubstr(R"("count":7)"));
  EXPECT_THAT(said([&] { rows.flush(away, moment + seconds(5)); }), Not(HasSubstr("rows_lost")));
  rows.flush(worker, moment + seconds(10));
  EXPECT_EQ(written(), static_cast<int>(AccessLog::kBound));
}

TEST_F(AccessLogFlow, WhatPostgresqlRefusesIsDroppedAndStopsNothing) {
  auto bad = entry();
  bad.client_id.clear();  // a CHECK is against it
  rows.note(bad);
  EXPECT_THAT(said([&] { rows.flush(worker, moment); }), HasSubstr("access_log_refused"));
  note(1);
  rows.flush(worker, moment);
  EXPECT_EQ(written(), 1);
}

TEST_F(AccessLogFlow, AnOrderlyStopWritesWhatIsLeft) {
  note(5);
  rows.finish(worker, milliseconds(0));
  EXPECT_EQ(written(), 5);
}

TEST_F(AccessLogFlow, AnOrderlyStopDoesNotWaitForEver) {
  auto away = unreachable();
  note(5);
  EXPECT_THAT(said([&] { rows.finish(away, milliseconds(0)); }), HasSubstr(R"("count":5)"));
  EXPECT_EQ(rows.waiting(), 0U);
}

TEST_F(AccessLogFlow, StatisticsTellRequestsErrorsAverageAndPercent) {
  request(time(), 200, 30);
  request(time(), 201, 31);
  request(time(), 404, 31);
  const auto found = since(time());
  EXPECT_EQ(found.total_requests, 3);
  EXPECT_EQ(found.error_count, 1);
  EXPECT_DOUBLE_EQ(found.avg_response_time, 30.67);
  EXPECT_DOUBLE_EQ(found.success_rate, 66.67);
}

TEST_F(AccessLogFlow, StatisticsOfNoRequestsAreNoneAndAllWell) {
  const auto found = since(time() - hours(24));
  EXPECT_EQ(found.total_requests, 0);
  EXPECT_EQ(found.avg_response_time, 0);
  EXPECT_EQ(found.success_rate, 100);
}

TEST_F(AccessLogFlow, WithinTwoDaysSinceIsTrueToTheMinute) {
  later(minutes(17) + seconds(42));
  const Time asked = time() - hours(47);
  const Time minute = Time(std::chrono::floor<minutes>(asked));
  request(minute - milliseconds(1));
  request(minute);
  request(minute + hours(3));
  EXPECT_EQ(since(asked).total_requests, 2);
  EXPECT_EQ(since(asked).since, minute);
}

TEST_F(AccessLogFlow, LongerAgoSinceBeginsWithTheHour) {
  later(minutes(17) + seconds(42));
  const Time asked = time() - days(7);
  const Time hour = Time(std::chrono::floor<hours>(asked));
  request(hour - milliseconds(1));
  request(hour);
  request(time());
  EXPECT_EQ(since(asked).total_requests, 2);
  EXPECT_EQ(since(asked).since, hour);
}

TEST_F(AccessLogFlow, SinceTheFutureIsNothing) {
  request(time());
  EXPECT_EQ(since(time() + hours(5)).total_requests, 0);
}

TEST_F(AccessLogFlow, AnUnknownServiceHasNoStatistics) {
  EXPECT_EQ(
      support::refusal([&] { statistics(worker, ServiceId::trusted("svc_000000000000"), time(), time()); }),
      Errc::not_found);
}

// The clock of these tests is ahead of PostgreSQL's, which is the one that guards the last day.
TEST_F(AccessLogFlow, TheKeeperDropsLogsAndSumsThatHaveKeptTheirTimeAndLeavesTheOthers) {
  request(time() - days(91));
  request(time() - days(89));
  request(time() - days(1));
  const auto sums = [&](const std::string& grain) {
    return support::raw_text(owner, "SELECT count(*) AS value FROM access_sums WHERE grain = '" + grain +
                                        "' AND client_id = '" + client.id.str() + "'");
  };
  Housekeeping(retention()).round(owner, time());
  EXPECT_EQ(sums("hour"), "2");
  EXPECT_EQ(sums("minute"), "1");
  EXPECT_EQ(since(time() - days(90)).total_requests, 2);
}

TEST_F(AccessLogFlow, TheKeeperMakesTheWeeksAhead) {
  Housekeeping(retention()).round(owner, time());
  request(time() + days(14));
  EXPECT_EQ(support::raw_text(owner, "SELECT count(*) AS value FROM access_log_default WHERE client_id = '" +
                                         client.id.str() + "'"),
            "0");
}

}  // namespace
}  // namespace gatehouse::flows
