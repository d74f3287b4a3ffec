#include "flows/housekeeping.h"

#include <array>
#include <functional>
#include <limits>

#include "base/json.h"
#include "db/access_log.h"
#include "db/audit.h"
#include "db/coze_answers.h"
#include "db/dev_tokens.h"
#include "db/line.h"
#include "db/login_attempts.h"
#include "db/outbox.h"
#include "db/replay_keys.h"
#include "db/revocations.h"
#include "db/services.h"
#include "db/tenants.h"
#include "db/token_families.h"
#include "db/vault_log.h"
#include "flows/line_commands.h"
#include "flows/login_attempt.h"
#include "flows/statistics.h"

namespace gatehouse::flows {

namespace {

constexpr int kBatch = 1000;
// The database gives no more: of what shall be one act in the audit log.
constexpr int kLargestBatch = 10'000;
constexpr int kMonthsAhead = 2;
constexpr int kWeeksAhead = 2;
constexpr Seconds kSweepEvery{60};
// Clocks of hosts differ: nothing goes before the slowest of them has seen its end.
constexpr Seconds kMargin{60};
constexpr int kAllBatches = std::numeric_limits<int>::max();
// Registration is open: a client that nobody came back for goes after this time. The database holds on to it
// as well.
constexpr Seconds kUnusedServiceKept{30L * 86400};

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

// What expires, and how a batch of it goes; all but the logs, which go as partitions.
struct Expiring {
  std::string_view name;
  std::int64_t (*remove)(db::Connection&, Time before, int limit);
};
constexpr std::array kExpiring{
    Expiring{"refresh_tokens", db::token_families::delete_expired},
    Expiring{"revocations", db::revocations::delete_expired},
    Expiring{"service_secrets", db::services::delete_expired_secrets},
    Expiring{"unused_services",
             [](db::Connection& db, Time before, int limit) {
               return db::services::delete_unused(db, before - kUnusedServiceKept, limit);
             }},
    Expiring{"coze_answers", db::coze_answers::delete_expired},
    Expiring{"outbox", db::outbox::delete_expired},
    Expiring{"line_events",
             [](db::Connection& db, Time before, int limit) {
               return db::line::delete_events(db, before - kLineEventsKept, limit);
             }},
    Expiring{"tenant_keys", db::tenants::delete_expired_keys},
    Expiring{"login_attempts",
             [](db::Connection& db, Time before, int limit) {
               return db::login_attempts::delete_expired(db, before - kLongestLoginWindow, limit);
             }},
};

}  // namespace

std::int64_t Cleaned::total() const {
  std::int64_t sum = 0;
  for (const auto& kind : kinds) sum += kind.count;
  return sum;
}

Cleaned clean_tokens(db::Connection& db, Time now, int batches) {
  Cleaned cleaned;
  for (const auto& what : kExpiring) {
    const auto count =
        removed(batches, cleaned.complete, [&] { return what.remove(db, now - kMargin, kBatch); });
    cleaned.kinds.push_back({what.name, count});
  }
  return cleaned;
}

Cleaned clean_tokens_by(db::Connection& db, const Actor& actor, Time now, int batches) {
  Cleaned cleaned = clean_tokens(db, now, batches);
  if (cleaned.total() == 0) return cleaned;
  json::Object detail;
  for (const auto& kind : cleaned.kinds) detail.add(kind.name, kind.count);
  db::audit::Entry entry{default_tenant(), now, actor.name, "tokens.cleaned", "expired", actor.client_address,
                         actor.request_id};
  entry.detail = detail.str();
  auto tx = db.begin();
  db::audit::record(tx, entry);
  tx.commit();
  return cleaned;
}

db::vault::Cleaned clean_vault(db::Connection& db, const Actor& actor, Time now) {
  db::vault::Cleaned sum;
  for (bool more = true; more;) {
    auto tx = db.begin();
    const auto batch = db::vault::delete_unusable(tx, now - kMargin, kBatch);
    const std::int64_t gone = batch.needs_login + batch.not_refreshable;
    if (gone > 0) {
      db::audit::Entry entry{default_tenant(), now,       actor.name,
                             "vault.cleaned",  "expired", actor.client_address,
                             actor.request_id};
      entry.detail = json::Object()
                         .add("needs_login", batch.needs_login)
                         .add("not_refreshable", batch.not_refreshable)
                         .str();
      db::audit::record(tx, entry);
    }
    tx.commit();
    sum.needs_login += batch.needs_login;
    sum.not_refreshable += batch.not_refreshable;
    more = gone == kBatch;
  }
  return sum;
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
  removed(kAllBatches, complete,
          [&] { return db::vault_log::delete_old(db, now - retention.access_log, kBatch); });
  dropped.access_sums = remove(Grain::minute, now - kMinuteSumsKept - kHour) +
                        remove(Grain::hour, now - retention.access_log - kHour);
  return dropped;
}

void Housekeeping::round(db::Connection& db, Time now) {
  db::replay_keys::delete_expired(db, now - kMargin);
  if (now - swept_at_ < kSweepEvery) return;
  swept_at_ = now;
  db::audit::make_partitions(db, now, kMonthsAhead);
  db::access_log::make_partitions(db, now, kWeeksAhead);
  clean_tokens(db, now, kAllBatches);
  drop_old_logs(db, retention_, now);
  // With them DEVTOKEN_REVEAL=off would promise more than it keeps.
  if (!retention_.devtoken_copies) {
    while (db::dev_tokens::forget_copies(db, kLargestBatch) == kLargestBatch) {
    }
  }
}

}  // namespace gatehouse::flows
