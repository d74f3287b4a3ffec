#include "flows/passwords.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/error.h"
#include "flows/email.h"

namespace gatehouse::flows {

namespace {

// What people type when a form asks for six characters or eight. Short on purpose: PASSWORD_BLOCKLIST takes
// more.
constexpr std::array<std::string_view, 48> kCommon{
    "123456",   "1234567",  "12345678",   "123456789", "1234567890", "0123456789", "987654321", "654321",
    "111111",   "11111111", "000000",     "00000000",  "121212",     "123123",     "123321",    "666666",
    "888888",   "password", "passwort",   "passw0rd",  "p@ssw0rd",   "p@ssword",   "password1", "qwerty",
    "qwertz",   "azerty",   "qwertyuiop", "qwerty123", "1q2w3e4r",   "1qaz2wsx",   "asdfgh",    "asdfghjkl",
    "zxcvbn",   "zxcvbnm",  "abc123",     "abcdef",    "abcd1234",   "iloveyou",   "letmein",   "welcome",
    "changeme", "secret",   "admin123",   "monkey",    "dragon",     "football",   "baseball",  "woaini1314",
};

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; }));
}

[[noreturn]] void refuse(std::string_view member, const std::string& why) {
  throw Error(Errc::invalid_request, '"' + std::string(member) + "\" " + why);
}

}  // namespace

Passwords::Passwords(std::size_t min_length, const std::vector<std::string>& blocked,
                     const crypto::ScryptCost& cost)
    : min_length_(min_length), cost_(cost) {
  for (const auto& word : blocked) blocked_.insert(ascii_lower(word));
}

void Passwords::require_acceptable(std::string_view member, std::string_view password,
                                   std::string_view email) const {
  if (characters(password) < min_length_)
    refuse(member, "must be at least " + std::to_string(min_length_) + " characters");
  if (password.size() > kLongestPassword)
    refuse(member, "must be at most " + std::to_string(kLongestPassword) + " bytes");
  const std::string lower = ascii_lower(std::string(password));
  if (std::find(kCommon.begin(), kCommon.end(), lower) != kCommon.end() || blocked_.contains(lower))
    refuse(member, "is too common");
  if (email_key(password) == email_key(email)) refuse(member, "must not be the email");
}

std::string Passwords::hash(std::string_view password) const {
  return crypto::hash_password(password, cost_);
}

crypto::PasswordVerdict Passwords::verify(std::string_view password,
                                          const std::optional<std::string>& hash) const {
  return crypto::verify_password(password, hash ? *hash : crypto::dummy_password_hash(cost_), cost_);
}

}  // namespace gatehouse::flows
