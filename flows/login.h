// A user's password: exchanged for a JWT, and changed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "db/connection.h"
#include "db/users.h"
#include "flows/login_attempt.h"
#include "flows/passwords.h"
#include "flows/services.h"
#include "flows/token_keys.h"

namespace gatehouse::flows {

// What the rules below work with.
struct PasswordCheck {
  const Passwords& passwords;
  LoginLimits limits;
};

struct Login {
  TenantId tenant;
  std::string_view email;
  std::string_view password;
  std::string_view client_address;
};

struct SignedIn {
  db::users::UserRow user;
  std::string token;
};

// Unknown, disabled, or the wrong password: Error(invalid_grant), in the same time. Too many wrong ones:
// Error(too_many_requests), and nothing is hashed. A hash of another cost than today's is made anew.
SignedIn login(db::Connection& db, const TokenKeys& keys, const PasswordCheck& check, const Login& login,
               Time now);

struct PasswordChange {
  TenantId tenant;
  UserId user;
  std::string token_id;  // of the session that changes it: it goes on working, all others end
  std::int64_t token_version = 0;
  std::string_view current_password;
  std::string_view new_password;
};

// A wrong current password is Error(invalid_grant) and counts as a wrong login. Error(invalid_token) where
// the user or the session has ended meanwhile.
void change_password(db::Connection& db, const PasswordCheck& check, const Actor& actor,
                     const PasswordChange& change, Seconds longest_token, Time now);

}  // namespace gatehouse::flows
