// What the keeper does again and again: erasing what has served its time, in bounded batches, and making the
// logs' partitions ahead. Any number of keepers may run; none needs to know of the others.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "db/connection.h"
#include "db/vault.h"
#include "flows/services.h"

namespace gatehouse::flows {

struct Retention {
  Seconds access_log;    // LOG_RETENTION
  Seconds audit;         // AUDIT_RETENTION
  bool devtoken_copies;  // DEVTOKEN_REVEAL
};

// What a cleaning removed, by kind.
struct Cleaned {
  struct Kind {
    std::string_view name;  // refresh_tokens, …
    std::int64_t count;
  };
  std::vector<Kind> kinds;
  bool complete = true;  // false: there is more

  std::int64_t total() const;
};

// Removes expired tokens, secrets, keys and counters, so many batches of a thousand of each kind at most:
// bounded also for whoever waits for it.
Cleaned clean_tokens(db::Connection& db, Time now, int batches);

// The same on somebody's request, with a line in the audit log where anything was removed.
Cleaned clean_tokens_by(db::Connection& db, const Actor& actor, Time now, int batches);

// Records of the vault that can never be of use again, with a line in the audit log where any went.
db::vault::Cleaned clean_vault(db::Connection& db, const Actor& actor, Time now);

// What the logs have kept for their time: whole partitions, and sums. The count of what went.
struct Dropped {
  std::int64_t access_log_weeks = 0;
  std::int64_t audit_log_months = 0;
  std::int64_t access_sums = 0;
};
Dropped drop_old_logs(db::Connection& db, const Retention& retention, Time now);

class Housekeeping {
 public:
  explicit Housekeeping(const Retention& retention) : retention_(retention) {}

  // One round. Keys of replays go every time; the rest at once and then every minute.
  void round(db::Connection& db, Time now);

 private:
  Retention retention_;
  Time swept_at_{};
};

}  // namespace gatehouse::flows
