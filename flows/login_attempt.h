// The limit on wrong passwords. An attempt is counted before anything is hashed, so that a flood costs no
// hashing, and by account and address together, so that nobody can lock somebody else out.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "db/connection.h"
#include "db/login_attempts.h"

namespace gatehouse::flows {

struct LoginLimits {
  int attempts;  // LOGIN_ATTEMPTS: for an account from an address; ten times as many from an address over all
                 // accounts
  Seconds window;  // LOGIN_WINDOW
};
// What LOGIN_WINDOW may be: counters older than that count nothing.
inline constexpr Seconds kLongestLoginWindow{86400};

class LoginAttempt {
 public:
  // Counted from here on; or not counted, and Error(too_many_requests).
  LoginAttempt(db::Connection& db, const LoginLimits& limits, const TenantId& tenant,
               std::string_view email_key, std::string_view client_address, Time now);
  // The password was right: it counts no more.
  void succeeded();

 private:
  db::Connection& db_;
  db::login_attempts::Attempt attempt_;
};

// Who owns one IPv6 address owns at least the /64 around it. Anything else stays as it is.
std::string network_of(std::string_view address);

}  // namespace gatehouse::flows
