// A request's query string, read field by field: how lists are paged and narrowed.
// What is malformed is Error(invalid_request) whose text names the field.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "fcgi/form.h"
#include "fcgi/request.h"

namespace gatehouse::handlers {

// The most that one answer lists, and how many it lists where `limit` does not say.
inline constexpr int kLongestPage = 1000;

// Where a list in the order of making goes on: after the last one seen. As a cursor it is opaque.
struct Seen {
  Time created_at = from_unix_seconds(0);
  std::string id;
};
std::string cursor_of(const Seen& last);

class Query {
 public:
  explicit Query(const fcgi::Request& request);

  // At most 256 bytes; an empty value counts as missing.
  std::optional<std::string> text(std::string_view name) const;
  std::optional<std::int64_t> integer(std::string_view name, std::int64_t low, std::int64_t high) const;
  // RFC 3339, or a duration back from `now`: 24h, 7d, 30m.
  std::optional<Time> time(std::string_view name, Time now) const;

  // `limit`: 1 to kLongestPage.
  int limit() const;
  // `cursor`, of cursor_of; from the start without it.
  Seen seen() const;

 private:
  fcgi::Form fields_;
};

[[noreturn]] void refuse_cursor();

}  // namespace gatehouse::handlers
