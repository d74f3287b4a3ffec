// What is revoked, for whoever checks tokens: answered from the feed's map, without a statement. Where the
// feed has not kept the map fresh nothing is known, and nobody gets in.
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "flows/revocation_map.h"

namespace gatehouse::flows {

class Revocations {
 public:
  // `folder`: where the feed of this host has its files. `stale_max`: REVOCATION_STALE_MAX.
  Revocations(std::string folder, std::chrono::nanoseconds stale_max);

  // Whether any of the keys is revoked at `now` for the token with this jti.
  // Throws Error(unavailable) where what the feed knows is older than `stale_max`.
  bool is_revoked(std::span<const RevocationCheck> keys, Time now, std::string_view token_id = {});

  // The number that the last change of `key` brought, 0 where there is none: for who remembers things, see
  // flows/recent_lookups.h. Only where trouble() is empty.
  std::uint32_t stamp_of(std::string_view key) const { return map_->min_version(key); }
  // Another one as soon as anything has been put into the map.
  struct Mark {
    std::uint64_t map;
    std::uint64_t changes;
    bool operator==(const Mark&) const = default;
  };
  Mark mark() const { return {opened_, map_->changes()}; }

  // Returns when everything that was committed before this call is in force on this host: the feed has read
  // it or, where it does not come to that within `stale_max`, nobody here gets in until it has.
  void await();

  // Whether a feed has left anything in the folder; also where that cannot be seen.
  bool has_had_feed() const noexcept;

  // Lets go of a map that another has taken the place of: who checks no token would keep its memory.
  void let_go();

  // What keeps it from knowing; empty where all is well.
  std::string trouble();

  static std::string map_file(const std::string& folder);

 private:
  void open();

  std::string folder_;
  std::chrono::nanoseconds stale_max_;
  std::unique_ptr<RevocationMap> map_{};
  std::uint64_t opened_ = 0;  // how many so far
};

}  // namespace gatehouse::flows
