// Text that is safe to show in a terminal and cannot pretend to be other text.
#pragma once

#include <string_view>

namespace gatehouse {

// Valid UTF-8 without control characters (C0, DEL, C1) and without those that turn the direction of writing
// around (U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069), which make one name look like another.
bool is_plain_text(std::string_view text);

}  // namespace gatehouse
