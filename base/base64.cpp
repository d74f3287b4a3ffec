#include "base/base64.h"

#include <array>
#include <cstdint>

namespace gatehouse {

namespace {

constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t kBad = 0xff;

constexpr std::array<std::uint8_t, 256> inverse_of(std::string_view alphabet) {
  std::array<std::uint8_t, 256> table{};
  for (auto& entry : table) entry = kBad;
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    table[static_cast<std::uint8_t>(alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return table;
}
constexpr auto kPlainInverse = inverse_of(kPlain);
constexpr auto kUrlInverse = inverse_of(kUrl);

std::string encode(std::string_view bytes, std::string_view alphabet) {
  std::string text;
  text.reserve((bytes.size() * 4 + 2) / 3 + 2);
  std::uint32_t bits = 0;
  int held = 0;
  for (const char byte : bytes) {
    bits = (bits << 8U) | static_cast<std::uint8_t>(byte);
    held += 8;
    while (held >= 6) {
      held -= 6;
      text.push_back(alphabet[(bits >> static_cast<unsigned>(held)) & 63U]);
    }
  }
  if (held > 0) text.push_back(alphabet[(bits << static_cast<unsigned>(6 - held)) & 63U]);
  return text;
}

std::optional<std::string> decode(std::string_view text, const std::array<std::uint8_t, 256>& inverse) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    const std::uint8_t value = inverse[static_cast<std::uint8_t>(c)];
    if (value == kBad) return std::nullopt;
    bits = (bits << 6U) | value;
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes.push_back(static_cast<char>((bits >> static_cast<unsigned>(held)) & 0xffU));
    }
  }
  // Two texts must never mean the same bytes: what is left over has to be zero.
  if ((bits & ((1U << static_cast<unsigned>(held)) - 1U)) != 0) return std::nullopt;
  return bytes;
}

}  // namespace

std::string base64url_encode(std::string_view bytes) { return encode(bytes, kUrl); }

std::optional<std::string> base64url_decode(std::string_view text) { return decode(text, kUrlInverse); }

std::string base64_encode(std::string_view bytes) {
  std::string text = encode(bytes, kPlain);
  while (text.size() % 4 != 0) text.push_back('=');
  return text;
}

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && !text.empty() && text.back() == '=') {
    text.remove_suffix(1);
    ++padding;
  }
  if ((text.size() + padding) % 4 != 0) return std::nullopt;
  return decode(text, kPlainInverse);
}

}  // namespace gatehouse
