// What was looked up in the last minute, by digest of the credential, for as long as nothing about it has
// changed: whoever it is about, each change writes a row `credentials:<id>` into revocations (a trigger does,
// see the migration credential_changes), and the feed's map says so. Bounded; what is not there is not kept.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/clock.h"
#include "db/dev_tokens.h"
#include "db/tenants.h"
#include "flows/client_credentials.h"
#include "flows/revocations.h"

namespace gatehouse::flows {

// The key of what would change it, and from when on it is no longer good.
std::string changes_of(const db::dev_tokens::Owner& owner);
std::string changes_of(const db::tenants::KeyOwner& owner);
std::string changes_of(const Client& client);
std::optional<Time> ends_at(const db::dev_tokens::Owner& owner);
std::optional<Time> ends_at(const db::tenants::KeyOwner& owner);
std::optional<Time> ends_at(const Client& client);

template <class Value>
class RecentLookups {
 public:
  static constexpr std::size_t kMost = 4096;
  // Against the one error that nobody thought of: a change that writes no row.
  static constexpr std::chrono::seconds kOldest{60};

  // What `look_up` says, or what it said before where that must still be so. Where the map is out of date
  // nothing is remembered, and `look_up` is asked.
  template <class LookUp>
  std::optional<Value> find(Revocations& revocations, const std::string& digest, Time now, LookUp look_up) {
    if (!revocations.trouble().empty()) return look_up();
    if (const Value* known = recall(revocations, digest, now)) return *known;
    // Taken before the look-up: what is put into the map from here on may be younger than the answer.
    const Revocations::Mark before = revocations.mark();
    std::optional<Value> found = look_up();
    if (found) keep(revocations, digest, *found, before);
    return found;
  }

 private:
  struct Entry {
    Value value;
    std::string changes;
    std::uint32_t stamp;
    std::chrono::nanoseconds read_at;  // since_boot(): a machine that slept has not stopped the world
  };

  const Value* recall(Revocations& revocations, const std::string& digest, Time now) {
    const auto found = entries_.find(digest);
    if (found == entries_.end()) return nullptr;
    const Entry& entry = found->second;
    const auto end = ends_at(entry.value);
    if (revocations.stamp_of(entry.changes) == entry.stamp && (!end || *end > now) &&
        since_boot() - entry.read_at < kOldest)
      return &entry.value;
    entries_.erase(found);
    return nullptr;
  }

  void keep(Revocations& revocations, const std::string& digest, const Value& value,
            const Revocations::Mark& before) {
    std::string changes = changes_of(value);
    const std::uint32_t stamp = revocations.stamp_of(changes);
    if (revocations.mark() != before) return;
    if (entries_.size() >= kMost) entries_.clear();  // those in use are back at once
    entries_.insert_or_assign(digest, Entry{value, std::move(changes), stamp, since_boot()});
  }

  std::unordered_map<std::string, Entry> entries_{};
};

}  // namespace gatehouse::flows
