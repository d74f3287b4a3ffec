// What the statistics of a service tell: read from sums, so that they cost the same however many requests
// there were.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/ids.h"
#include "db/connection.h"

namespace gatehouse::flows {

// Sums by minute are kept this long; what is asked for since longer ago begins with a whole hour.
inline constexpr Seconds kMinuteSumsKept{2L * 86400};

struct Statistics {
  Time since;  // where the sums really begin: the minute, or hour, that the asked time lies in
  std::int64_t total_requests = 0;
  std::int64_t error_count = 0;  // statuses of 400 and above
  double avg_response_time = 0;  // milliseconds; 0 where there was no request
  double success_rate = 100;     // percent; 100 where there was no request
};

// Error(not_found) where there is no such service.
Statistics statistics(db::Connection& db, const ServiceId& client, Time since, Time now);

}  // namespace gatehouse::flows
