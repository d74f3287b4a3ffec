// Time as the product knows it: UTC, microseconds (what PostgreSQL keeps), written as RFC 3339.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse {

using Time = std::chrono::sys_time<std::chrono::microseconds>;
using Seconds = std::chrono::seconds;

// Two implementations: the system's, and one that tests move by hand.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;
};

class SystemClock final : public Clock {
 public:
  Time now() const override;
};

std::int64_t unix_seconds(Time time);
Time from_unix_seconds(std::int64_t seconds);

// `2024-01-15T10:30:00Z`: whole seconds, as every example of the API shows.
std::string to_rfc3339(Time time);
// `2024-01-15T10:30:00.123456Z`. Both write the years 1 to 9999, which RFC 3339 can; nothing later or
// earlier.
std::string to_exact_rfc3339(Time time);
// RFC 3339 section 5.6, any offset, up to microseconds; nullopt for anything else.
std::optional<Time> parse_rfc3339(std::string_view text);

// `90d`, `15m`, `24h`, `30s`, or plain seconds `900`; nullopt for anything else and for more than 100 years.
std::optional<Seconds> parse_duration(std::string_view text);

}  // namespace gatehouse
