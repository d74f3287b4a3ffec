// The feed: one process per host that carries what PostgreSQL knows of revocations into the map that all
// others read. It misses none, also of transactions that commit late, and says how fresh the map is.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "db/connection.h"
#include "db/revocations.h"
#include "flows/bell.h"
#include "flows/revocation_map.h"

namespace gatehouse::flows {

class Feed {
 public:
  // How long after a commit on another host a revocation is in force here, at most, is this and a statement's
  // time.
  static constexpr std::chrono::milliseconds kEvery{50};

  // Throws Error where the folder cannot be written. One per folder at a time; `db` and `clock`, by which
  // those check who read the map, must outlive it.
  Feed(db::Connection& db, const std::string& folder, const Clock& clock);

  // Reads what is new. Throws Error(unavailable) where PostgreSQL does not answer; the map gets stale then.
  void round();
  // Until another round is due or asked for, or a signal comes.
  void wait();

 private:
  db::revocations::Changes read();
  void load(const std::string& source);
  void put(const db::revocations::Revocation& revocation);
  void move_to(std::size_t room);

  db::Connection& db_;
  const Clock& clock_;
  std::string file_;
  Bell bell_;
  std::uint32_t heard_ = 0;
  std::unique_ptr<RevocationMap> map_;
  // Of the round before: what it saw (nothing: there was none), and whether it has taken memory that may go
  // back.
  std::string seen_{};
  bool was_large_ = false;
  Time now_{};  // by the earlier of PostgreSQL's clock and ours
};

}  // namespace gatehouse::flows
