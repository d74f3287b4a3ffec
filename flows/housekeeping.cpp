#include "flows/housekeeping.h"

#include <functional>
#include <limits>

#include "base/json.h"
#include "db/access_log.h"
#include "db/audit.h"
#include "db/revocations.h"
#include "db/services.h"
#include "db/token_families.h"
#include "flows/statistics.h"

namespace gatehouse::flows {

namespace {

constexpr int kBatch = 1000;
constexpr int kMonthsAhead = 2;
constexpr int kWeeksAhead = 2;
constexpr Seconds kSweepEvery{60};
// Clocks of hosts differ: nothing goes before the slowest of them has seen its end.
constexpr Seconds kMargin{120};
constexpr int kAllBatches = std::numeric_limits<int>::max();

// Sums are asked for from the hour on that `since` lies in.
constexpr Seconds kHour{3600};

std::int64_t removed(int batches, bool& complete, const std::function<std::int64_t()>& remove_batch) {
  std::int64_t count = 0;
  for (int batch = 0; batch < batches; ++batch) {
    const std::int64_t gone = remove_batch();
    count += gone;
    if (gone < kBatch) return count;
  }
  complete = false;
  return count;
}

}  // namespace

Cleaned clean_tokens(db::Connection& db, Time now, int batches) {
  const Time before = now - kMargin;
  Cleaned cleaned;
  cleaned.token_families = removed(batches, cleaned.complete,
                                   [&] { return db::token_families::delete_expired(db, before, kBatch); });
  cleaned.revocations =
      removed(batches, cleaned.complete, [&] { return db::revocations::delete_expired(db, before, kBatch); });
  cleaned.service_secrets = removed(batches, cleaned.complete,
                                    [&] { return db::services::delete_expired_secrets(db, before, kBatch); });
  return cleaned;
}

Cleaned clean_tokens_by(db::Connection& db, const Actor& actor, Time now, int batches) {
  const Cleaned cleaned = clean_tokens(db, now, batches);
  if (cleaned.token_families + cleaned.revocations + cleaned.service_secrets == 0) return cleaned;
  db::audit::Entry entry{default_tenant(), now, actor.name, "tokens.cleaned", "expired", actor.client_address,
                         actor.request_id};
  entry.detail = json::Object()
                     .add("refresh_tokens", cleaned.token_families)
                     .add("revocations", cleaned.revocations)
                     .add("service_secrets", cleaned.service_secrets)
                     .str();
  auto tx = db.begin();
  db::audit::record(tx, entry);
  tx.commit();
  return cleaned;
}

Dropped drop_old_logs(db::Connection& db, const Retention& retention, Time now) {
  Dropped dropped;
  while (db::access_log::drop_partition(db, now - retention.access_log)) ++dropped.access_log_weeks;
  dropped.audit_log_months = db::audit::drop_partitions(db, now - retention.audit);
  using db::access_log::Grain;
  bool complete = true;
  const auto remove = [&](Grain grain, Time before) {
    return removed(kAllBatches, complete,
                   [&] { return db::access_log::delete_sums(db, grain, before, kBatch); });
  };
  dropped.access_sums = remove(Grain::minute, now - kMinuteSumsKept - kHour) +
                        remove(Grain::hour, now - retention.access_log - kHour);
  return dropped;
}

void Housekeeping::round(db::Connection& db, Time now) {
  while (db::token_families::erase_replays(db, now - retention_.refresh_grace, kBatch) == kBatch) {
  }
  if (now - swept_at_ < kSweepEvery) return;
  swept_at_ = now;
  db::audit::make_partitions(db, now, kMonthsAhead);
  db::access_log::make_partitions(db, now, kWeeksAhead);
  clean_tokens(db, now, kAllBatches);
  drop_old_logs(db, retention_, now);
}

}  // namespace gatehouse::flows
