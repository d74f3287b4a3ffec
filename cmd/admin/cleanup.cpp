// gatehouse cleanup: what the keeper does by itself, now: removes what has expired, drops logs that have kept
// their time.
#include <iostream>
#include <limits>

#include "cmd/admin/commands.h"
#include "cmd/process.h"
#include "flows/housekeeping.h"

namespace gatehouse::admin {

namespace {

void clean_up(const Source& source) {
  const Config config = source.load();
  auto db = cmd::connect_as_owner(config);
  const Time now = SystemClock().now();
  const auto cleaned = flows::clean_tokens_by(db, cli_actor(), now, std::numeric_limits<int>::max());
  for (const auto& kind : cleaned.kinds) std::cout << kind.name << ": " << kind.count << '\n';
  const auto vault = flows::clean_vault(db, cli_actor(), now);
  std::cout << "vault records that need a login: " << vault.needs_login
            << "\nvault records that cannot be refreshed: " << vault.not_refreshable << '\n';
  const auto dropped = flows::drop_old_logs(db, cmd::retention(config), now);
  std::cout << "weeks of access logs: " << dropped.access_log_weeks
            << "\nsums of statistics: " << dropped.access_sums
            << "\nmonths of the audit log: " << dropped.audit_log_months << '\n';
}

}  // namespace

void add_cleanup(CLI::App& program, const Source& source) {
  program.add_subcommand("cleanup", "Remove what has expired; says how many of each kind")
      ->callback([&source] { clean_up(source); });
}

}  // namespace gatehouse::admin
