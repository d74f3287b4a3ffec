// The rows of the access log between the request that they tell of and PostgreSQL: collected in memory,
// written in batches when nobody waits. No request waits for them or fails with them.
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "db/access_log.h"
#include "db/connection.h"

namespace gatehouse::flows {

class AccessLog {
 public:
  using Moment = std::chrono::steady_clock::time_point;

  static constexpr std::size_t kBatch = 100;
  // How many are kept while PostgreSQL is away; those that come then are counted and dropped.
  static constexpr std::size_t kBound = 20'000;
  static constexpr std::chrono::seconds kRetryAfter{1};

  void note(db::access_log::Entry entry);
  // A batch is there and may be written.
  bool is_due(Moment now) const { return waiting_.size() >= kBatch && now >= retry_at_; }
  std::size_t waiting() const { return waiting_.size(); }

  // Writes what is there. Where PostgreSQL is away everything stays, and nothing is tried for kRetryAfter;
  // what it refuses is dropped, with a line in the log.
  void flush(db::Connection& db, Moment now);
  // At an orderly stop: tries until everything is written or `patience` is over; what is left then goes with
  // a line in the log.
  void finish(db::Connection& db, std::chrono::milliseconds patience);

 private:
  // False: PostgreSQL is away.
  bool write_batch(db::Connection& db);
  void tell_of_dropped();

  std::vector<db::access_log::Entry> waiting_;
  std::size_t dropped_ = 0;  // since it was last told
  Moment retry_at_{};
};

}  // namespace gatehouse::flows
