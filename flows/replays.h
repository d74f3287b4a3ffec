// What a retry of a refresh is answered with, kept sealed in the family's row: only who holds the parent
// token opens it, and nobody does once the key of its minute has been deleted, a minute or two after the
// grace.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "crypto/digest.h"
#include "db/connection.h"
#include "flows/token_pair.h"

namespace gatehouse::flows {

class Replays {
 public:
  // The key of an epoch; a worker asks the database for it once.
  static constexpr Seconds kEpoch{60};

  std::string seal(db::Connection& db, const RefreshToken& parent, std::string_view text, Seconds grace,
                   Time now);
  std::optional<std::string> open(db::Connection& db, const RefreshToken& parent, std::string_view sealed);

 private:
  void renew(db::Connection& db, std::int64_t epoch, Seconds grace);

  std::int64_t epoch_ = -1;  // of `key_`
  std::optional<crypto::HmacSha256> key_;
};

}  // namespace gatehouse::flows
