// What the keeper does for the vault: refreshes what is due, many records side by side, at a steady pace.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "flows/vault_refresh.h"

namespace gatehouse::flows {

class VaultKeeper {
 public:
  // How many calls may be under way at once, and how many of them to one provider: one that hangs leaves the
  // others theirs.
  static constexpr std::size_t kSideBySide = 40;
  static constexpr std::size_t kForOneProvider = kSideBySide / 2;

  // Takes up what is due, and works on what is under way for so long at most; the count of those that ended.
  // Error(unavailable) where PostgreSQL is away: what is under way was worked on all the same.
  std::size_t round(const Vault& vault, std::chrono::milliseconds patience);
  // At an orderly stop: nothing new, and what is under way to its end, or until patience is over.
  void drain(const Vault& vault, std::chrono::milliseconds patience);
  std::size_t under_way() const { return attempts_.size(); }

 private:
  std::size_t take_up(const Vault& vault);
  std::size_t work(const Vault& vault, std::chrono::milliseconds patience);

  Actor actor_{"keeper", "", ""};
  std::vector<RefreshAttempt> attempts_;
};

}  // namespace gatehouse::flows
