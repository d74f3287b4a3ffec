// `application/x-www-form-urlencoded` bytes, of a body or a query string, as names and values: valid UTF-8,
// each name once (RFC 6749 section 3.1), at most 64 of them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::fcgi {

struct Form {
  std::vector<std::pair<std::string, std::string>> fields;

  // Valid while the Form lives. An empty value is found; RFC 6749 section 3.1 has the caller treat it as
  // absent.
  std::optional<std::string_view> find(std::string_view name) const;
};

// Throws Error(invalid_request), its message saying what is wrong, for anything that breaks the rules above.
Form parse_form(std::string_view bytes);

}  // namespace gatehouse::fcgi
