#include "flows/vault_usage.h"

#include <algorithm>
#include <span>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/log.h"

namespace gatehouse::flows {

namespace {
constexpr std::size_t kLargestBatch = 1000;
constexpr std::chrono::seconds kRetryAfter{1};
}  // namespace

void VaultUsage::note(db::vault_log::Entry entry) {
  if (waiting_.size() < kBound) {
    waiting_.push_back(std::move(entry));
  } else {
    ++dropped_;
  }
}

bool VaultUsage::write_batch(db::Connection& db) {
  const auto count = std::min(waiting_.size(), kLargestBatch);
  try {
    db::vault_log::insert(db, std::span(waiting_).first(count));
  } catch (const Error& error) {
    if (error.code() == Errc::unavailable) return false;
    dropped_ += count;
    log::error("vault_log_refused", json::Object().add("cause", error.cause()));
  }
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
  return true;
}

void VaultUsage::flush(db::Connection& db, Moment now) {
  if (now < retry_at_) return;
  while (!waiting_.empty()) {
    if (write_batch(db)) continue;
    retry_at_ = std::chrono::steady_clock::now() + kRetryAfter;
    break;
  }
  tell_of_dropped();
}

void VaultUsage::finish(db::Connection& db, std::chrono::milliseconds patience) {
  const Moment end = std::chrono::steady_clock::now() + patience;
  while (!waiting_.empty()) {
    if (write_batch(db)) continue;
    if (std::chrono::steady_clock::now() >= end) {
      dropped_ += waiting_.size();
      waiting_.clear();
    } else {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }
  tell_of_dropped();
}

void VaultUsage::tell_of_dropped() {
  if (dropped_ == 0) return;
  log::error("vault_log_rows_lost", json::Object().add("count", static_cast<std::int64_t>(dropped_)));
  dropped_ = 0;
}

}  // namespace gatehouse::flows
