#include "base/plain_text.h"

#include <cstddef>
#include <cstdint>

namespace gatehouse {

namespace {

constexpr std::uint32_t kBad = 0xFFFFFFFF;

std::uint32_t byte_at(std::string_view text, std::size_t at) { return static_cast<unsigned char>(text[at]); }

// RFC 3629: how many bytes the first one announces; 0 where none can start so.
std::size_t length_from(std::uint32_t first) {
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first < 0xE0) return 2;
  if (first >= 0xE0 && first < 0xF0) return 3;
  return first >= 0xF0 && first < 0xF5 ? 4 : 0;
}

// Takes the next character off; kBad where the bytes are no UTF-8.
std::uint32_t take_character(std::string_view& text) {
  const std::size_t length = length_from(byte_at(text, 0));
  if (length == 0 || length > text.size()) return kBad;
  std::uint32_t character = length == 1 ? byte_at(text, 0) : byte_at(text, 0) & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte_at(text, i) & 0xC0U) != 0x80) return kBad;
    character = (character << 6U) | (byte_at(text, i) & 0x3FU);
  }
  text.remove_prefix(length);
  const bool overlong = (length == 3 && character < 0x800) || (length == 4 && character < 0x10000);
  const bool surrogate = character >= 0xD800 && character < 0xE000;
  return overlong || surrogate || character > 0x10FFFF ? kBad : character;
}

bool turns_direction(std::uint32_t character) {
  return character == 0x200E || character == 0x200F || (character >= 0x202A && character <= 0x202E) ||
         (character >= 0x2066 && character <= 0x2069);
}

}  // namespace

bool is_plain_text(std::string_view text) {
  while (!text.empty()) {
    const std::uint32_t character = take_character(text);
    if (character == kBad || character < 0x20 || (character >= 0x7F && character < 0xA0)) return false;
    if (turns_direction(character)) return false;
  }
  return true;
}

}  // namespace gatehouse
