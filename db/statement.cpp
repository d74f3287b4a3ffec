#include "db/statement.h"

#include <array>
#include <cstdio>

#include "base/error.h"

namespace gatehouse::db {

Arg::Arg(std::string_view text) : text_(text) {
  if (text.find('\0') != std::string_view::npos) {
    throw Error(Errc::invalid_request, {}, "a text with NUL was to go to PostgreSQL");
  }
}

// ISO 8601 in UTC with microseconds.
Arg::Arg(Time value) {
  const auto day = std::chrono::floor<std::chrono::days>(value);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(value - day);
  std::array<char, 64> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
                static_cast<int>(clock.subseconds().count()));
  text_ = buffer.data();
}

Arg::Arg(Bytes value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex = "\\x";
  hex.reserve(2 + 2 * value.value.size());
  for (const char c : value.value) {
    const auto byte = static_cast<unsigned char>(c);
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  text_ = std::move(hex);
}

}  // namespace gatehouse::db
