// Rows between the request that they tell of and PostgreSQL: collected in memory, written in batches when
// nobody waits. No request waits for them or fails with them.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "db/connection.h"

namespace gatehouse::flows {

template <class Row>
class RowQueue {
 public:
  using Moment = std::chrono::steady_clock::time_point;
  using Insert = void (*)(db::Connection&, std::span<const Row>);

  static constexpr std::size_t kBatch = 100;
  // How many are kept while PostgreSQL is away; those that come then are counted and dropped.
  static constexpr std::size_t kBound = 20'000;
  static constexpr std::chrono::seconds kRetryAfter{1};

  // `name` begins the lines of the log about it.
  RowQueue(std::string name, Insert insert) : name_(std::move(name)), insert_(insert) {}

  void note(Row row) {
    if (waiting_.size() < kBound) {
      waiting_.push_back(std::move(row));
    } else {
      ++dropped_;
    }
  }
  // A batch is there and may be written.
  bool is_due(Moment now) const { return waiting_.size() >= kBatch && now >= retry_at_; }
  std::size_t waiting() const { return waiting_.size(); }

  // Writes what is there. Where PostgreSQL is away everything stays, and nothing is tried for kRetryAfter;
  // what it refuses is dropped, with a line in the log.
  void flush(db::Connection& db, Moment now) {
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

  // At an orderly stop: tries until everything is written or `patience` is over; what is left then goes with
  // a line in the log.
  void finish(db::Connection& db, std::chrono::milliseconds patience) {
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

 private:
  // Of one statement: what has gathered while PostgreSQL was away goes in pieces that no time-out cuts.
  static constexpr std::size_t kLargestBatch = 1000;

  // False: PostgreSQL is away.
  bool write_batch(db::Connection& db) {
    const auto count = std::min(waiting_.size(), kLargestBatch);
    try {
      insert_(db, std::span<const Row>(waiting_).first(count));
    } catch (const Error& error) {
      if (error.code() == Errc::unavailable) return false;
      dropped_ += count;
      log::error(name_ + "_refused", json::Object().add("cause", error.cause()));
    }
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
    return true;
  }

  void tell_of_dropped() {
    if (dropped_ == 0) return;
    log::error(name_ + "_rows_lost", json::Object().add("count", static_cast<std::int64_t>(dropped_)));
    dropped_ = 0;
  }

  std::string name_;
  Insert insert_;
  std::vector<Row> waiting_;
  std::size_t dropped_ = 0;  // since it was last told
  Moment retry_at_{};
};

}  // namespace gatehouse::flows
