// base64url (RFC 4648 section 5) without padding, as JOSE writes it, and plain base64 for headers and
// settings. Decoding is strict: another alphabet, white space, wrong padding and non-zero trailing bits are
// refused.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gatehouse {

std::string base64url_encode(std::string_view bytes);
std::optional<std::string> base64url_decode(std::string_view text);

std::string base64_encode(std::string_view bytes);
// Padding is required, as RFC 4648 section 3.2 says.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace gatehouse
