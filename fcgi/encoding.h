// Percent-encoding (RFC 3986 section 2.1) and UTF-8 (RFC 3629), both strict.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::fcgi {

// No overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

// nullopt where a `%` is not followed by two hexadecimal digits. `+` stays as it is.
std::optional<std::string> percent_decode(std::string_view text);

}  // namespace gatehouse::fcgi
