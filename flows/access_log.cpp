#include "flows/access_log.h"

#include <algorithm>
#include <span>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/log.h"

namespace gatehouse::flows {

namespace {

// Of one statement: what has gathered while PostgreSQL was away goes in pieces that no time-out cuts.
constexpr std::size_t kLargestBatch = 1000;

}  // namespace

void AccessLog::note(db::access_log::Entry entry) {
  if (waiting_.size() >= kBound) {
    ++dropped_;
    return;
  }
  waiting_.push_back(std::move(entry));
}

void AccessLog::flush(db::Connection& db, Moment now) {
  if (now < retry_at_) return;
  const Moment start = std::chrono::steady_clock::now();
  while (!waiting_.empty()) {
    if (write_batch(db)) continue;
    // From the end of a try, which may have taken the connection's whole patience.
    retry_at_ = now + (std::chrono::steady_clock::now() - start) + kRetryAfter;
    break;
  }
  tell_of_dropped();
}

void AccessLog::finish(db::Connection& db, std::chrono::milliseconds patience) {
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

bool AccessLog::write_batch(db::Connection& db) {
  const auto count = std::min(waiting_.size(), kLargestBatch);
  try {
    db::access_log::insert(db, std::span(waiting_).first(count));
  } catch (const Error& error) {
    if (error.code() == Errc::unavailable) return false;
    dropped_ += count;
    log::error("access_log_refused", json::Object().add("cause", error.cause()));
  }
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
  return true;
}

void AccessLog::tell_of_dropped() {
  if (dropped_ == 0) return;
  log::error("access_log_rows_lost", json::Object().add("count", static_cast<std::int64_t>(dropped_)));
  dropped_ = 0;
}

}  // namespace gatehouse::flows
