// How an error names a member of a body. Errors are answered and logged: what is no name but a token that
// somebody put in the place of one is not repeated.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "base/ascii.h"

namespace gatehouse {

// The name in quotes, or `otherwise` where it does not look like one.
inline std::string member_named(std::string_view name, std::string_view otherwise) {
  const bool is_name =
      !name.empty() && name.size() <= 30 &&
      std::all_of(name.begin(), name.end(), [](char c) { return c == '_' || is_ascii_alphanumeric(c); });
  return is_name ? '"' + std::string(name) + '"' : std::string(otherwise);
}

}  // namespace gatehouse
