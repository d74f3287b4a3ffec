#include "base/clock.h"

#include <algorithm>
#include <charconv>

namespace gatehouse {

namespace {

using std::chrono::duration_cast;

constexpr Time kFirst{std::chrono::sys_days{std::chrono::year{1} / 1 / 1}};
constexpr Time kEnd{std::chrono::sys_days{std::chrono::year{10000} / 1 / 1}};

// Reads exactly `width` digits and moves on.
std::optional<int> digits(std::string_view& text, std::size_t width) {
  if (text.size() < width) return std::nullopt;
  int value = 0;
  for (const char c : text.substr(0, width)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(width);
  return value;
}

// Each line of the log and most statements have times: snprintf would be a good part of them.
void put_digits(std::string& text, std::size_t at, std::size_t width, std::int64_t value) {
  for (std::size_t i = at + width; i > at; value /= 10) text[--i] = static_cast<char>('0' + value % 10);
}

bool skip(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<std::chrono::sys_days> date(std::string_view& text) {
  const auto year = digits(text, 4);
  if (!year || !skip(text, "-")) return std::nullopt;
  const auto month = digits(text, 2);
  if (!month || !skip(text, "-")) return std::nullopt;
  const auto day = digits(text, 2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day ymd{std::chrono::year{*year},
                                        std::chrono::month(static_cast<unsigned>(*month)),
                                        std::chrono::day(static_cast<unsigned>(*day))};
  if (!ymd.ok() || *year < 1) return std::nullopt;
  return std::chrono::sys_days{ymd};
}

std::optional<std::chrono::microseconds> time_of_day(std::string_view& text) {
  const auto hour = digits(text, 2);
  if (!hour || *hour > 23 || !skip(text, ":")) return std::nullopt;
  const auto minute = digits(text, 2);
  if (!minute || *minute > 59 || !skip(text, ":")) return std::nullopt;
  const auto second = digits(text, 2);
  if (!second || *second > 60) return std::nullopt;  // 60: a leap second, counted into the next minute
  std::chrono::microseconds result =
      std::chrono::hours(*hour) + std::chrono::minutes(*minute) + Seconds(*second);
  if (skip(text, ".")) {
    int scale = 100000;
    if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
    while (const auto digit = digits(text, 1)) {
      result += std::chrono::microseconds(*digit * scale);
      scale /= 10;
    }
  }
  return result;
}

std::optional<std::chrono::minutes> offset(std::string_view& text) {
  if (skip(text, "Zz")) return std::chrono::minutes(0);
  const bool west = !text.empty() && text.front() == '-';
  if (!skip(text, "+-")) return std::nullopt;
  const auto hours = digits(text, 2);
  if (!hours || *hours > 23 || !skip(text, ":")) return std::nullopt;
  const auto minutes = digits(text, 2);
  if (!minutes || *minutes > 59) return std::nullopt;
  const auto total = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
  return west ? -total : total;
}

}  // namespace

Time SystemClock::now() const {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::int64_t unix_seconds(Time time) { return std::chrono::floor<Seconds>(time).time_since_epoch().count(); }

Time from_unix_seconds(std::int64_t seconds) { return Time(Seconds(seconds)); }

std::string to_exact_rfc3339(Time given) {
  const Time time = std::clamp(given, kFirst, kEnd - std::chrono::microseconds(1));
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day ymd{day};
  const std::chrono::hh_mm_ss clock{time - day};
  std::string text = "0000-00-00T00:00:00.000000Z";
  put_digits(text, 0, 4, static_cast<int>(ymd.year()));
  put_digits(text, 5, 2, static_cast<unsigned>(ymd.month()));
  put_digits(text, 8, 2, static_cast<unsigned>(ymd.day()));
  put_digits(text, 11, 2, clock.hours().count());
  put_digits(text, 14, 2, clock.minutes().count());
  put_digits(text, 17, 2, clock.seconds().count());
  put_digits(text, 20, 6, clock.subseconds().count());
  return text;
}

std::string to_rfc3339(Time time) { return to_exact_rfc3339(time).erase(19, 7); }

std::optional<Time> parse_rfc3339(std::string_view text) {
  const auto day = date(text);
  if (!day || !skip(text, "Tt ")) return std::nullopt;
  const auto clock = time_of_day(text);
  if (!clock) return std::nullopt;
  const auto east = offset(text);
  if (!east || !text.empty()) return std::nullopt;
  const Time time = Time(*day) + *clock - *east;
  // An offset or a leap second may lead out of the years that RFC 3339 and PostgreSQL can write.
  if (time < kFirst || time >= kEnd) return std::nullopt;
  return time;
}

std::optional<Seconds> parse_duration(std::string_view text) {
  std::int64_t count = 0;
  const auto [rest, failure] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (failure != std::errc{} || count < 0 || rest == text.data()) return std::nullopt;
  const std::string_view unit(rest, static_cast<std::size_t>(text.data() + text.size() - rest));
  std::int64_t factor = 0;
  if (unit.empty() || unit == "s") factor = 1;
  if (unit == "m") factor = 60;
  if (unit == "h") factor = 3600;
  if (unit == "d") factor = 86400;
  constexpr std::int64_t kCentury = 100LL * 366 * 86400;
  if (factor == 0 || count > kCentury / factor) return std::nullopt;
  return Seconds(count * factor);
}

}  // namespace gatehouse
