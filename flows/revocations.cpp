#include "flows/revocations.h"

#include <thread>

#include "base/error.h"

namespace gatehouse::flows {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

namespace {

constexpr milliseconds kPatience{2000};
constexpr nanoseconds kShortest{100'000};
constexpr nanoseconds kLongest{2'000'000};

}  // namespace

Revocations::Revocations(std::string folder, nanoseconds stale_max)
    : folder_(std::move(folder)), stale_max_(stale_max) {}

std::string Revocations::map_file(const std::string& folder) { return folder + "/revocations"; }

void Revocations::open() {
  map_ = RevocationMap::open(map_file(folder_));
  ++opened_;
}

std::string Revocations::trouble() {
  // Below 0: a clock that cannot be right.
  const auto is_fresh = [this] {
    const nanoseconds age = since_boot() - map_->fresh_at();
    return age >= nanoseconds(0) && age <= stale_max_;
  };
  if (map_ && !map_->is_replaced() && is_fresh()) return {};
  open();
  if (!map_) return "there is no feed: " + map_file(folder_) + " cannot be read";
  return is_fresh() ? "" : "what is known of revocations is out of date: the feed hangs, or PostgreSQL does";
}

bool Revocations::is_revoked(std::span<const RevocationCheck> keys, Time now, std::string_view token_id) {
  if (const std::string why = trouble(); !why.empty()) throw Error(Errc::unavailable, {}, why);
  return map_->is_revoked(keys, now, token_id);
}

void Revocations::let_go() {
  if (map_ && map_->is_replaced()) map_ = nullptr;
}

void Revocations::await() {
  if (!rounds_) rounds_ = std::make_unique<RoundCounter>(folder_);
  const std::uint64_t round = rounds_->ask();
  const nanoseconds end = since_boot() + kPatience;
  for (nanoseconds pause = kShortest; since_boot() < end; pause = std::min(2 * pause, kLongest)) {
    if (!map_ || map_->is_replaced()) open();
    if (map_ && map_->applied() >= round) return;
    std::this_thread::sleep_for(pause);
  }
  throw Error(Errc::unavailable, {}, "committed, but the feed does not say that it is in force");
}

}  // namespace gatehouse::flows
