#include "db/statement.h"

#include "base/clock.h"
#include "base/error.h"

namespace gatehouse::db {

Arg::Arg(std::string_view text) : text_(text) {
  if (text.find('\0') != std::string_view::npos) {
    throw Error(Errc::invalid_request, {}, "a text with NUL was to go to PostgreSQL");
  }
}

Arg::Arg(Time value) : text_(to_exact_rfc3339(value)) {}

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
