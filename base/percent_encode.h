// Percent-encoding of text (RFC 3986 section 2.1), with capital digits.
#pragma once

#include <string>
#include <string_view>

namespace gatehouse {

// Every byte but ASCII's letters and digits, and the characters of `kept`.
std::string percent_encode(std::string_view text, std::string_view kept = {});

}  // namespace gatehouse
