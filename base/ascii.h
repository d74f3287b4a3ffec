// Letters and digits of ASCII, whatever the locale: what names, schemes, hosts and ids are compared by.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace gatehouse {

constexpr bool is_ascii_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

constexpr char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Eight bytes at once: whole bodies go through it.
inline bool is_ascii(std::string_view text) {
  std::uint64_t all = 0;
  while (text.size() >= sizeof(all)) {
    std::uint64_t some = 0;
    std::memcpy(&some, text.data(), sizeof(some));
    all |= some;
    text.remove_prefix(sizeof(some));
  }
  for (const char c : text) all |= static_cast<unsigned char>(c);
  return (all & 0x8080808080808080U) == 0;
}

// Bytes of other characters stay as they are.
inline std::string ascii_lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) { return ascii_lower(c); });
  return text;
}

}  // namespace gatehouse
