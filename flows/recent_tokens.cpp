#include "flows/recent_tokens.h"

#include <utility>

namespace gatehouse::flows {

std::optional<crypto::Claims> RecentTokens::find(const std::string& digest, Time now) const {
  const auto found = entries_.find(digest);
  if (found == entries_.end()) return std::nullopt;
  const Entry& entry = found->second;
  if (entry.until && *entry.until <= now) return std::nullopt;
  return entry.claims;
}

void RecentTokens::keep(std::string digest, const crypto::Claims& claims, std::optional<Time> until) {
  if (entries_.size() >= kMost) entries_.clear();  // those in use are back at once
  entries_.insert_or_assign(std::move(digest), Entry{claims, until});
}

void RecentTokens::forget() { entries_.clear(); }

}  // namespace gatehouse::flows
