// What logs and statistics cost when there are many rows: 200 000 of them, by the same SQL that
// scripts/fill-access-log runs. The planner is left alone: it has the true sizes before it.
#include <gmock/gmock.h>

#include <chrono>

#include "db/access_log.h"
#include "tests/support/database.h"
#include "tests/support/source_tree.h"

namespace gatehouse::db::access_log {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::int64_t kRows = 200'000;

class ManyRows : public support::DatabaseTest {
 protected:
  static void SetUpTestSuite() {
    Connection owner(conninfo(support::Database::of_this_binary().owner()), std::chrono::minutes(5));
    std::string sql;
    for (const auto& line : support::source_file("scripts/lib/fill-access-log.sql").lines) sql += line + "\n";
    support::raw(owner, "SELECT set_config('fill.client_id', '" + busy().str() + "', false) AS a, " +
                            "set_config('fill.rows', '" + std::to_string(kRows) + "', false) AS b");
    support::raw(owner, sql);
    support::raw(owner, "ANALYZE access_log");
    support::raw(owner, "ANALYZE access_sums");
  }
  static ServiceId busy() { return ServiceId::trusted("svc_manyrows0000"); }

  std::string plan(const std::string& execute) {
    std::string text;
    for (const char* mode : {"force_custom_plan", "force_generic_plan"}) {
      support::raw(worker, std::string("SET plan_cache_mode = ") + mode);
      for (const db::Row& row : support::raw(worker, "EXPLAIN EXECUTE " + execute)) {
        text += row.text("QUERY PLAN") + "\n";
      }
    }
    return text;
  }
  // Of the fastest of five tries: others work on this machine too.
  template <class Action>
  static std::chrono::milliseconds fastest(Action action) {
    auto best = std::chrono::steady_clock::duration::max();
    for (int i = 0; i < 5; ++i) {
      const auto start = std::chrono::steady_clock::now();
      action();
      best = std::min(best, std::chrono::steady_clock::now() - start);
    }
    return std::chrono::duration_cast<std::chrono::milliseconds>(best);
  }
  std::int64_t id(const std::string& which) {
    return std::stoll(support::raw_text(
        owner, "SELECT " + which + "(id) AS value FROM access_log WHERE client_id = '" + busy().str() + "'"));
  }
};

TEST_F(ManyRows, APageIsReadInTheOrderOfTheIndex) {
  list(worker, busy(), {{}, 50, 0});
  const auto text = plan("access_log_list('" + busy().str() + "', 9000000000, 50, 0)");
  EXPECT_THAT(text, HasSubstr("Index Scan Backward"));
  EXPECT_THAT(text, Not(HasSubstr("Seq Scan")));
  EXPECT_THAT(text, Not(HasSubstr("Sort  (")));
}

TEST_F(ManyRows, SumsAreFoundByTheirKey) {
  sum(worker, busy(), now, now);
  const auto text = plan("access_sum_since('" + busy().str() + "', now() - interval '30 minutes', now())");
  EXPECT_THAT(text, HasSubstr("Index"));
  EXPECT_THAT(text, Not(HasSubstr("Seq Scan")));
  EXPECT_THAT(text, Not(HasSubstr("Sort")));
}

TEST_F(ManyRows, OldSumsAreFoundByTheirTime) {
  const std::string body = support::raw_text(
      owner,
      "SELECT regexp_replace(regexp_replace(regexp_replace(prosrc, '\\mof_grain\\M', '$1', 'g'), "
      "'\\mbefore\\M', '$2', 'g'), '\\mmost\\M', '$3', 'g') AS value "
      "FROM pg_proc WHERE proname = 'access_sums_delete_before'");
  support::raw(owner, "PREPARE old_sums (text, timestamptz, integer) AS " + body);
  std::string text;
  for (const db::Row& row :
       support::raw(owner, "EXPLAIN EXECUTE old_sums('minute', now() - interval '90 days', 1000)")) {
    text += row.text("QUERY PLAN") + "\n";
  }
  EXPECT_THAT(text, HasSubstr("access_sums_ending"));
}

TEST_F(ManyRows, TheLastPageByCursorIsAsFastAsTheFirst) {
  const auto before = id("min") + 20;
  EXPECT_EQ(list(worker, busy(), {before, 50, 0}).size(), 20U);
  EXPECT_LT(fastest([&] { list(worker, busy(), {before, 50, 0}); }).count(), 20);
  EXPECT_LT(fastest([&] { list(worker, busy(), {{}, 50, 0}); }).count(), 20);
}

TEST_F(ManyRows, StatisticsOverAllOfThemTakeNoLonger) {
  const Time start =
      Time(std::chrono::floor<std::chrono::hours>(SystemClock().now() - std::chrono::days(85)));
  const Sums sums = sum(worker, busy(), start, start);
  EXPECT_EQ(sums.requests, kRows);
  EXPECT_EQ(sums.errors, kRows / 50);
  EXPECT_LT(fastest([&] { sum(worker, busy(), start, start); }).count(), 20);
}

}  // namespace
}  // namespace gatehouse::db::access_log
