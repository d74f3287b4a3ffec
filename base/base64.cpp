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
  std::string text(bytes.size() / 3 * 4, '\0');
  const std::size_t whole = bytes.size() / 3 * 3;
  for (std::size_t in = 0, out = 0; in < whole; in += 3, out += 4) {
    const std::uint32_t group = static_cast<std::uint32_t>(static_cast<std::uint8_t>(bytes[in])) << 16U |
                                static_cast<std::uint32_t>(static_cast<std::uint8_t>(bytes[in + 1])) << 8U |
                                static_cast<std::uint8_t>(bytes[in + 2]);
    text[out] = alphabet[group >> 18U];
    text[out + 1] = alphabet[group >> 12U & 63U];
    text[out + 2] = alphabet[group >> 6U & 63U];
    text[out + 3] = alphabet[group & 63U];
  }
  std::uint32_t bits = 0;
  int held = 0;
  for (const char byte : bytes.substr(whole)) {
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
  std::string bytes(text.size() / 4 * 3, '\0');
  const std::size_t whole = text.size() / 4 * 4;
  std::uint8_t seen = 0;
  // Four characters at a time: every JWT comes through here. A bad one is 0xff, a good one below 0x40.
  for (std::size_t in = 0, out = 0; in < whole; in += 4, out += 3) {
    const std::uint8_t a = inverse[static_cast<std::uint8_t>(text[in])];
    const std::uint8_t b = inverse[static_cast<std::uint8_t>(text[in + 1])];
    const std::uint8_t c = inverse[static_cast<std::uint8_t>(text[in + 2])];
    const std::uint8_t d = inverse[static_cast<std::uint8_t>(text[in + 3])];
    seen = static_cast<std::uint8_t>(seen | a | b | c | d);
    bytes[out] = static_cast<char>(a << 2U | b >> 4U);
    bytes[out + 1] = static_cast<char>(b << 4U | c >> 2U);
    bytes[out + 2] = static_cast<char>(c << 6U | d);
  }
  if (seen == kBad) return std::nullopt;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text.substr(whole)) {
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
