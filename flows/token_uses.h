// When developer tokens were used last: kept in memory and written in batches when nobody waits, a quarter of
// a minute later at most; an orderly stop writes the rest. No request waits for it or fails with it.
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "base/clock.h"
#include "db/connection.h"

namespace gatehouse::flows {

class TokenUses {
 public:
  using Moment = std::chrono::steady_clock::time_point;

  // One write a token, worker and quarter of a minute, however busy the token is.
  static constexpr std::chrono::seconds kEvery{15};
  static constexpr std::size_t kBound = 100'000;

  void note(const std::string& token_id, Time at);

  // Writes what is there when it is time. Where PostgreSQL is away everything stays.
  void flush(db::Connection& db, Moment now);
  // At an orderly stop: tries until everything is written or `patience` is over.
  void finish(db::Connection& db, std::chrono::milliseconds patience);

 private:
  bool write(db::Connection& db);

  std::map<std::string, Time> waiting_;
  Moment written_at_{};
};

}  // namespace gatehouse::flows
