#include "flows/statistics.h"

#include <chrono>
#include <cmath>

#include "db/access_log.h"
#include "flows/services.h"

namespace gatehouse::flows {

namespace {

double rounded(double value) { return std::round(value * 100) / 100; }

}  // namespace

Statistics statistics(db::Connection& db, const ServiceId& client, Time since, Time now) {
  require_service(db, client);
  using std::chrono::hours;
  using std::chrono::minutes;
  const bool by_minute = now - since < kMinuteSumsKept;
  const Time from =
      by_minute ? Time(std::chrono::floor<minutes>(since)) : Time(std::chrono::floor<hours>(since));
  const auto sums = db::access_log::sum(db, client, from, std::chrono::ceil<hours>(from));

  Statistics result;
  result.since = from;
  result.total_requests = sums.requests;
  result.error_count = sums.errors;
  if (sums.requests == 0) return result;
  const auto total = static_cast<double>(sums.requests);
  result.avg_response_time = rounded(static_cast<double>(sums.milliseconds) / total);
  result.success_rate = rounded(100.0 * static_cast<double>(sums.requests - sums.errors) / total);
  return result;
}

}  // namespace gatehouse::flows
