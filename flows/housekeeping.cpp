#include "flows/housekeeping.h"

#include "db/audit.h"
#include "db/login_attempts.h"
#include "db/revocations.h"
#include "db/services.h"
#include "db/tenants.h"
#include "db/token_families.h"
#include "flows/login_attempt.h"

namespace gatehouse::flows {

namespace {

constexpr int kBatch = 1000;
constexpr int kMonthsAhead = 2;
constexpr Seconds kSweepEvery{60};
// Clocks of hosts differ: nothing goes before the slowest of them has seen its end.
constexpr Seconds kMargin{60};

}  // namespace

void Housekeeping::round(db::Connection& db, Time now) {
  while (db::token_families::erase_replays(db, now - refresh_grace_ - kMargin, kBatch) == kBatch) {
  }
  if (now - swept_at_ < kSweepEvery) return;
  swept_at_ = now;
  while (db::token_families::delete_expired(db, now - kMargin, kBatch) == kBatch) {
  }
  while (db::revocations::delete_expired(db, now - kMargin, kBatch) == kBatch) {
  }
  while (db::services::delete_expired_secrets(db, now - kMargin, kBatch) == kBatch) {
  }
  while (db::tenants::delete_expired_keys(db, now - kMargin, kBatch) == kBatch) {
  }
  while (db::login_attempts::delete_expired(db, now - kLongestLoginWindow - kMargin, kBatch) == kBatch) {
  }
  db::audit::make_partitions(db, now, kMonthsAhead);
}

}  // namespace gatehouse::flows
