#include "flows/housekeeping.h"

#include <gmock/gmock.h>

#include "db/audit.h"
#include "tests/support/flow_test.h"

namespace gatehouse::flows {
namespace {

using std::chrono::days;

class HousekeepingTest : public support::FlowTest {
 protected:
  void audited(Time at) {
    auto tx = worker.begin();
    db::audit::record(tx, {tenant, at, "test", "service.created", "svc_x", "", ""});
    tx.commit();
  }
  int audit_lines() {
    return std::stoi(support::raw_text(
        owner, "SELECT count(*) AS value FROM audit_log WHERE tenant_id = '" + tenant.str() + "'"));
  }
};

// AUDIT_RETENTION here: 400 days. Whole months go, once their last day has been kept for so long. By
// PostgreSQL's own clock, which guards them.
TEST_F(HousekeepingTest, TheAuditLogsMonthsGoWhenTheyHaveBeenKeptForTheirTime) {
  const Time today = SystemClock().now();
  db::audit::make_partitions(owner, today - days(500), 16);
  audited(today - days(450));
  audited(today - days(399));
  audited(today);
  Housekeeping(retention()).round(worker, today);
  EXPECT_EQ(audit_lines(), 2);
}

// Every row has its month before the month begins: rows in the default partition would have to be moved.
TEST_F(HousekeepingTest, TheAuditLogsMonthsAreMadeAhead) {
  Housekeeping(retention()).round(owner, time());
  audited(time() + days(31));
  EXPECT_EQ(support::raw_text(owner, "SELECT count(*) AS value FROM audit_log_default WHERE tenant_id = '" +
                                         tenant.str() + "'"),
            "0");
}

}  // namespace
}  // namespace gatehouse::flows
