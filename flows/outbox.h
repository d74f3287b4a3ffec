// Telling others, off the request's path: a message is put into the outbox, and the keeper sends it at once,
// again while that makes sense, and never after its deadline. At least once: a message whose answer was lost
// is sent again.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "crypto/seal.h"
#include "db/connection.h"
#include "db/outbox.h"
#include "outbound/https.h"

namespace gatehouse::flows {

// `lives`: how long it is of use.
db::outbox::Message outbox_message(const crypto::SealKeys& seal, std::string_view kind, std::string_view body,
                                   Seconds lives, Time now);

// Where the messages of a kind go: what is called with a body.
using Endpoint = std::function<outbound::Call(const std::string& body)>;
using Endpoints = std::map<std::string, Endpoint, std::less<>>;

class Outbox {
 public:
  static constexpr int kAtOnce = 16;

  Outbox(outbound::Https& https, const crypto::SealKeys& seal, Endpoints endpoints)
      : https_(https), seal_(seal), endpoints_(std::move(endpoints)) {}

  // Starts what is due and settles what has ended; waits for that no longer than `patience`, and only where
  // something is under way.
  void round(db::Connection& db, Time now, std::chrono::milliseconds patience);
  bool is_busy() const { return !under_way_.empty(); }
  // At an orderly stop: starts nothing, and settles what ends within `patience`.
  void drain(db::Connection& db, const Clock& clock, std::chrono::milliseconds patience);

 private:
  std::vector<std::string> kinds() const;
  void settle_ended(db::Connection& db, Time now, std::chrono::milliseconds patience);
  void start(db::Connection& db, const db::outbox::Message& message, Time now);
  void settle(db::Connection& db, const db::outbox::Message& message, const outbound::Answer& answer,
              Time now);

  outbound::Https& https_;
  const crypto::SealKeys& seal_;
  Endpoints endpoints_;
  std::map<outbound::Https::Ticket, db::outbox::Message> under_way_;
};

}  // namespace gatehouse::flows
