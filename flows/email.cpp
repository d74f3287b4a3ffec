#include "flows/email.h"

#include <algorithm>
#include <locale>

#include "base/ascii.h"

namespace gatehouse::flows {

namespace {

constexpr std::size_t kLongest = 254;  // RFC 5321 section 4.5.3.1.3, less the brackets
constexpr std::size_t kLongestLocal = 64;
constexpr std::size_t kLongestLabel = 63;

bool is_other_script(char c) { return static_cast<unsigned char>(c) >= 0x80; }
bool is_letter_or_digit(char c) { return is_ascii_alphanumeric(c) || is_other_script(c); }

// RFC 5322 section 3.2.3: atoms with single dots between them.
bool is_local(std::string_view text) {
  if (text.empty() || text.size() > kLongestLocal || text.front() == '.' || text.back() == '.') return false;
  if (text.find("..") != std::string_view::npos) return false;
  for (const char c : text) {
    if (!is_letter_or_digit(c) && std::string_view("!#$%&'*+-/=?^_`{|}~.").find(c) == std::string_view::npos)
      return false;
  }
  return true;
}

bool is_label(std::string_view text) {
  if (text.empty() || text.size() > kLongestLabel || text.front() == '-' || text.back() == '-') return false;
  for (const char c : text) {
    if (!is_letter_or_digit(c) && c != '-') return false;
  }
  return true;
}

bool is_domain(std::string_view text) {
  std::size_t labels = 0;
  while (true) {
    const auto dot = text.find('.');
    if (!is_label(text.substr(0, dot))) return false;
    ++labels;
    if (dot == std::string_view::npos) return labels > 1;
    text.remove_prefix(dot + 1);
  }
}

// Every glibc has it built in, so that all hosts agree.
const std::locale& unicode() {
  static const std::locale locale("C.UTF-8");
  return locale;
}

// The code point at the front of valid UTF-8, which it takes off.
char32_t take_code_point(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  char32_t point = length == 1 ? first : first & (0x7FU >> length);
  for (std::size_t i = 1; i < length && i < text.size(); ++i) {
    point = (point << 6U) | (static_cast<unsigned char>(text[i]) & 0x3FU);
  }
  text.remove_prefix(std::min(length, text.size()));
  return point;
}

void append_utf8(std::string& out, char32_t point) {
  const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80U | ((point >> shift) & 0x3FU)); };
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xC0U | (point >> 6U));
    tail(0);
  } else if (point < 0x10000) {
    out += static_cast<char>(0xE0U | (point >> 12U));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0U | (point >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

// Spaces, controls, and what nobody sees: two emails that look the same would be two users.
bool is_unseen(char32_t point) {
  const auto within = [point](char32_t first, char32_t last) { return point >= first && point <= last; };
  return within(0x7F, 0xA0) || point == 0xAD || point == 0x61C || point == 0x180E || within(0x2000, 0x200F) ||
         within(0x2028, 0x202F) || within(0x205F, 0x206F) || point == 0x3000 || point == 0xFEFF ||
         within(0xFFF9, 0xFFFB) || within(0xE0000, 0xE007F);
}

bool has_unseen(std::string_view text) {
  while (!text.empty()) {
    if (is_unseen(take_code_point(text))) return true;
  }
  return false;
}

// Some signs have an ASCII letter for their small one (the Kelvin sign, the dotted capital I): with it, an
// email of theirs would take the place of somebody's in ASCII.
char32_t folded(char32_t point) {
  const auto small = static_cast<char32_t>(std::tolower(static_cast<wchar_t>(point), unicode()));
  return point >= 0x80 && small < 0x80 ? point : small;
}

}  // namespace

bool is_email(std::string_view text) {
  if (text.size() > kLongest || has_unseen(text)) return false;
  const auto at = text.find('@');
  return at != std::string_view::npos && is_local(text.substr(0, at)) && is_domain(text.substr(at + 1));
}

std::string email_key(std::string_view text) {
  std::string key;
  while (!text.empty()) {
    append_utf8(key, folded(take_code_point(text)));
  }
  return key;
}

}  // namespace gatehouse::flows
