// Passwords as scrypt hashes (RFC 7914) that carry their parameters, written as PHC strings:
// $scrypt$ln=15,r=8,p=3$<salt>$<hash>, base64 without padding.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gatehouse::crypto {

struct ScryptCost {
  unsigned log2_n = 15;
  unsigned r = 8;
  unsigned p = 3;
  bool operator==(const ScryptCost&) const = default;
};

// OWASP's table: 32 MiB and 0.2 s.
inline constexpr ScryptCost kPasswordCost{};

std::string hash_password(std::string_view password, const ScryptCost& cost = kPasswordCost);

struct PasswordVerdict {
  bool matches = false;
  bool needs_rehash = false;  // it matches, and today's cost is another than its own
};

// Throws Error(internal) where `encoded` is none of ours, or asks for more than 256 MiB.
PasswordVerdict verify_password(std::string_view password, std::string_view encoded,
                                const ScryptCost& today = kPasswordCost);

// Matches no password. Verified where there is no account, it takes the time that a real one would.
std::string dummy_password_hash(const ScryptCost& cost = kPasswordCost);

// The bare function, for the published vectors.
std::string scrypt(std::string_view password, std::string_view salt, const ScryptCost& cost,
                   std::size_t length);

}  // namespace gatehouse::crypto
