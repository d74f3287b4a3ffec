// What the keeper does again and again: erasing what has served its time, in bounded batches, and making the
// audit log's partitions ahead. Any number of keepers may run; none needs to know of the others.
#pragma once

#include "base/clock.h"
#include "db/connection.h"

namespace gatehouse::flows {

class Housekeeping {
 public:
  explicit Housekeeping(Seconds refresh_grace) : refresh_grace_(refresh_grace) {}

  // One round. Replays of rotated refresh tokens go every time; the rest every minute.
  void round(db::Connection& db, Time now);

 private:
  Seconds refresh_grace_;
  Time swept_at_{};
};

}  // namespace gatehouse::flows
