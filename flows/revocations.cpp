#include "flows/revocations.h"

#include <filesystem>
#include <system_error>
#include <thread>

#include "base/error.h"
#include "flows/bell.h"

namespace gatehouse::flows {

using std::chrono::nanoseconds;

namespace {

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
    const nanoseconds fresh_at = map_->fresh_at();
    const nanoseconds age = since_boot() - fresh_at;
    return fresh_at != nanoseconds(0) && age >= nanoseconds(0) && age <= stale_max_;
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

bool Revocations::has_had_feed() const noexcept {
  std::error_code problem;
  const auto is_there = [&problem](const std::string& file) {
    return std::filesystem::exists(file, problem) || problem;
  };
  return is_there(map_file(folder_)) || is_there(Bell::file_in(folder_));
}

void Revocations::let_go() {
  if (map_ && map_->is_replaced()) map_ = nullptr;
}

// Whatever map says at the deadline or later that it is fresh was read by a round that began after `asked`,
// so it has what was committed before. (A map that merely looks stale on the way proves nothing: a slow round
// that began before may yet end.)
void Revocations::await() {
  const nanoseconds asked = since_boot();
  Bell(folder_).ring();
  for (nanoseconds pause = kShortest; since_boot() <= asked + stale_max_;
       pause = std::min(2 * pause, kLongest)) {
    if (!map_ || map_->is_replaced()) open();
    if (map_ && map_->fresh_at() > asked) return;
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace gatehouse::flows
