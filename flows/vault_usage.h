// Reads and validations of vault records, between the request that they tell of and PostgreSQL: collected in
// memory, written in batches when nobody waits, as the access log is.
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "db/connection.h"
#include "db/vault_log.h"

namespace gatehouse::flows {

class VaultUsage {
 public:
  using Moment = std::chrono::steady_clock::time_point;

  // How many are kept while PostgreSQL is away; those that come then are counted and dropped.
  static constexpr std::size_t kBound = 20'000;

  void note(db::vault_log::Entry entry);
  std::size_t waiting() const { return waiting_.size(); }

  // Writes what is there; where PostgreSQL is away everything stays, and nothing is tried for a second.
  void flush(db::Connection& db, Moment now);
  // At an orderly stop: tries until everything is written or `patience` is over.
  void finish(db::Connection& db, std::chrono::milliseconds patience);

 private:
  bool write_batch(db::Connection& db);
  void tell_of_dropped();

  std::vector<db::vault_log::Entry> waiting_;
  std::size_t dropped_ = 0;
  Moment retry_at_{};
};

}  // namespace gatehouse::flows
