// How many times slower than the release build this one is: what bounds on time are multiplied with.
#pragma once

namespace gatehouse::support {

// Sanitizers make everything slower; their build is clang's.
#ifdef __clang__
inline constexpr int kSlowness = __has_feature(address_sanitizer) ? 4 : 1;
#else
inline constexpr int kSlowness = 1;
#endif

}  // namespace gatehouse::support
