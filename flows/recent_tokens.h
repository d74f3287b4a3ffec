// Tokens that were found genuine, by digest: one that is asked about again and again is decoded, and its
// signature checked, once by each worker. Whether it is in its time and not revoked is asked each time.
// Bounded.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "crypto/claims.h"

namespace gatehouse::flows {

// For one thread, as all of a worker is.
class RecentTokens {
 public:
  static constexpr std::size_t kMost = 2048;

  std::optional<crypto::Claims> find(const std::string& digest, Time now) const;
  // `until`: when the key that signed it is no longer good, if ever.
  void keep(std::string digest, const crypto::Claims& claims, std::optional<Time> until);
  // For when keys may have gone.
  void forget();
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    crypto::Claims claims;
    std::optional<Time> until;
  };
  std::unordered_map<std::string, Entry> entries_;
};

}  // namespace gatehouse::flows
