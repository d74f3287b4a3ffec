// What a new password must be, and how passwords are hashed: length and a list of the most common ones, no
// rules of composition (NIST SP 800-63B section 5.1.1.2).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "crypto/password.h"

namespace gatehouse::flows {

// In bytes; nothing is ever cut off.
inline constexpr std::size_t kLongestPassword = 1024;

class Passwords {
 public:
  // `blocked` is refused besides a short list of our own, compared without case.
  explicit Passwords(std::size_t min_length, const std::vector<std::string>& blocked = {},
                     const crypto::ScryptCost& cost = crypto::kPasswordCost);

  // Throws Error(invalid_request) whose text names the `member` of the body. Valid UTF-8.
  void require_acceptable(std::string_view member, std::string_view password, std::string_view email) const;

  std::string hash(std::string_view password) const;
  // nullopt matches nothing and takes as long as a real one.
  crypto::PasswordVerdict verify(std::string_view password, const std::optional<std::string>& hash) const;

 private:
  std::size_t min_length_;
  std::unordered_set<std::string> blocked_;
  crypto::ScryptCost cost_;
};

}  // namespace gatehouse::flows
