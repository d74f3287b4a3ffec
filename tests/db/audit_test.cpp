#include "db/audit.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/support/database.h"

namespace gatehouse::db::audit {
namespace {

using std::chrono::days;

class AuditTest : public support::DatabaseTest {
 protected:
  Entry entry(Time at) {
    return {tenant,  at,          "svc_admin", "service.created",
            "svc_x", "127.0.0.1", "req-1",     R"({"name":"billing"})"};
  }
  void write(Time at) {
    auto tx = worker.begin();
    record(tx, entry(at));
    tx.commit();
  }
  // Of this test's tenant, with this condition.
  std::string count(const std::string& condition, const std::string& table = "audit_log") {
    return support::raw_text(owner, "SELECT count(*) AS value FROM " + table + " WHERE tenant_id = '" +
                                        tenant.str() + "' AND " + condition);
  }
  static bool refused(Connection& connection, const std::string& sql) {
    try {
      support::raw(connection, sql);
      return false;
    } catch (const Error& e) {
      // By its words: libpqxx 6 drops the code of insufficient_privilege.
      for (const char* words : {"permission denied", "must be owner", "violates row-level security"}) {
        if (e.cause().find(words) != std::string::npos) return true;
      }
      return false;
    }
  }
};

TEST_F(AuditTest, AnEntryIsWrittenWhole) {
  write(now);
  EXPECT_EQ(count("at = to_timestamp(1900000000) AND actor = 'svc_admin' AND action = 'service.created' AND "
                  "target = 'svc_x' AND client_address = '127.0.0.1' AND request_id = 'req-1' AND "
                  "detail->>'name' = 'billing'"),
            "1");
}

TEST_F(AuditTest, IdsGrowWithTimeAndDifferWithinAMicrosecond) {
  write(now);
  write(now);
  write(now + std::chrono::microseconds(1));
  const std::string mine = " FROM audit_log WHERE tenant_id = '" + tenant.str() + "'";
  EXPECT_EQ(support::raw_text(owner, "SELECT count(DISTINCT id) AS value" + mine), "3");
  EXPECT_EQ(support::raw_text(owner,
                              "SELECT (max(id) = max(id) FILTER (WHERE at > to_timestamp(1900000000)))"
                              "::text AS value" +
                                  mine),
            "true");
}

TEST_F(AuditTest, WhatIsRolledBackIsNotInTheLog) {
  {
    auto tx = worker.begin();
    record(tx, entry(now));
  }
  EXPECT_EQ(count("true"), "0");
}

TEST_F(AuditTest, AnEntryWithoutAMonthOfItsOwnGoesToTheDefaultAndMovesWhenTheMonthIsMade) {
  const Time far = from_unix_seconds(4'070'908'800);  // 2099-01-01
  write(far);
  EXPECT_EQ(count("true", "audit_log_default"), "1");
  EXPECT_EQ(make_partitions(owner, far, 1), 2);
  EXPECT_EQ(count("true", "audit_log_default"), "0");
  EXPECT_EQ(count("true", "audit_log_2099_01"), "1");
  EXPECT_EQ(make_partitions(owner, far, 1), 0);
  write(far + days(31));
  EXPECT_EQ(count("true", "audit_log_2099_02"), "1");
}

TEST_F(AuditTest, MonthsThatEndedAreDroppedAndLaterOnesStay) {
  const Time old = from_unix_seconds(946'684'800);  // 2000-01-01
  make_partitions(owner, old, 1);
  write(old);
  write(old + days(31));
  EXPECT_EQ(drop_partitions(worker, old + days(31)), 1);
  EXPECT_EQ(count("true"), "1");
  EXPECT_EQ(drop_partitions(worker, old + days(59)), 0);
  EXPECT_EQ(drop_partitions(worker, old + days(60)), 1);
  EXPECT_EQ(count("true"), "0");
}

TEST_F(AuditTest, OldRowsOfTheDefaultPartitionGoToo) {
  const Time old = from_unix_seconds(0);
  write(old);
  drop_partitions(worker, old + days(1));
  EXPECT_EQ(count("true"), "0");
}

TEST_F(AuditTest, TheLast30DaysStayWhateverAWorkerAsksFor) {
  make_partitions(worker, SystemClock().now(), 0);
  write(SystemClock().now());
  drop_partitions(worker, from_unix_seconds(4'000'000'000));
  EXPECT_EQ(count("true"), "1");
}

TEST_F(AuditTest, AWorkerCanNeitherChangeNorDeleteNorEmptyTheLog) {
  EXPECT_TRUE(refused(worker, "UPDATE audit_log SET actor = 'nobody'"));
  EXPECT_TRUE(refused(worker, "DELETE FROM audit_log"));
  EXPECT_TRUE(refused(worker, "TRUNCATE audit_log"));
  EXPECT_TRUE(refused(worker, "DELETE FROM audit_log_default"));
  EXPECT_TRUE(refused(worker, "SELECT 1 FROM audit_log_default"));
  EXPECT_TRUE(refused(worker, "DROP TABLE audit_log_default"));
}

TEST_F(AuditTest, AWorkerCannotWriteForATenantItIsNotBoundTo) {
  EXPECT_TRUE(refused(worker,
                      "INSERT INTO audit_log (tenant_id, at, id, actor, action, target, "
                      "client_address, request_id, detail) VALUES ('tnt_other', now(), 'x', '', '', "
                      "'', '', '', '{}')"));
}

}  // namespace
}  // namespace gatehouse::db::audit
