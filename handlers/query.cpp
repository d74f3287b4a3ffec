#include "handlers/query.h"

#include <algorithm>
#include <charconv>

#include "base/base64.h"
#include "base/error.h"
#include "base/ids.h"

namespace gatehouse::handlers {

namespace {

constexpr std::size_t kLongestValue = 256;

[[noreturn]] void refuse(std::string_view name, std::string_view what) {
  throw Error(Errc::invalid_request, '"' + std::string(name) + "\" " + std::string(what));
}

}  // namespace

Query::Query(const fcgi::Request& request) : fields_(fcgi::parse_form(request.query)) {}

std::optional<std::string> Query::text(std::string_view name) const {
  const auto value = fields_.find(name);
  if (!value || value->empty()) return std::nullopt;
  if (value->size() > kLongestValue)
    refuse(name, "must be at most " + std::to_string(kLongestValue) + " bytes");
  return std::string(*value);
}

std::optional<std::int64_t> Query::integer(std::string_view name, std::int64_t low, std::int64_t high) const {
  const auto value = text(name);
  if (!value) return std::nullopt;
  std::int64_t number = 0;
  const char* end = value->data() + value->size();
  const auto [rest, failure] = std::from_chars(value->data(), end, number);
  if (failure != std::errc{} || rest != end || number < low || number > high) {
    refuse(name, "must be an integer from " + std::to_string(low) + " to " + std::to_string(high));
  }
  return number;
}

std::optional<Time> Query::time(std::string_view name, Time now) const {
  auto value = text(name);
  if (!value) return std::nullopt;
  if (const auto duration = parse_duration(*value)) return now - *duration;
  // A `+` of an offset that was not encoded has arrived as a space.
  if (value->size() > 11) std::replace(value->begin() + 11, value->end(), ' ', '+');
  const auto time = parse_rfc3339(*value);
  if (!time) refuse(name, "must be a duration such as 24h, 7d or 30m, or an RFC 3339 time");
  return time;
}

int Query::limit() const {
  return static_cast<int>(integer("limit", 1, kLongestPage).value_or(kLongestPage));
}

// The time in microseconds and the id. Ids have no colon.
std::string cursor_of(const Seen& last) {
  return base64url_encode(std::to_string(last.created_at.time_since_epoch().count()) + ':' + last.id);
}

Seen Query::seen() const {
  const auto cursor = text("cursor");
  if (!cursor) return {};
  const auto text = base64url_decode(*cursor);
  const auto colon = text ? text->find(':') : std::string::npos;
  if (colon == std::string::npos) refuse_cursor();
  const char* end = text->data() + colon;
  std::int64_t microseconds = 0;
  const auto [rest, failure] = std::from_chars(text->data(), end, microseconds);
  const auto id = parse_any_user_id(std::string_view(*text).substr(colon + 1));
  // A time that PostgreSQL has, and what an id is made of.
  const bool sound =
      failure == std::errc{} && rest == end && microseconds >= 0 && microseconds < 253'402'300'800'000'000;
  if (!sound || !id) refuse_cursor();
  return {Time(std::chrono::microseconds(microseconds)), id->str()};
}

void refuse_cursor() { refuse("cursor", "must be one that an answer gave"); }

}  // namespace gatehouse::handlers
