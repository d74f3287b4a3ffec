// The life of a user: registered, changed, disabled, deleted. Each change is one transaction with its line in
// the audit log, and reaches tokens already issued.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "db/connection.h"
#include "db/users.h"
#include "flows/passwords.h"
#include "flows/services.h"

namespace gatehouse::flows {

struct Registration {
  std::string_view email;
  std::string_view password;
  std::string_view profile;  // a JSON object
};
// No email or no password to take: Error(invalid_request). A taken email: Error(conflict), most often before
// anything is hashed. The tenant must exist, else Error(not_found).
db::users::UserRow register_user(db::Connection& db, const Passwords& passwords, const Actor& actor,
                                 const TenantId& tenant, const Registration& registration, Time now);

// Users of another system, who keep their ids and have no email and no password: nobody can sign in as one.
struct ForeignUser {
  std::string id;       // 1 to 64 of [A-Za-z0-9_-]
  std::string profile;  // a JSON object
};
struct ImportedUsers {
  int added = 0;
  int present = 0;  // the id was taken already; its profile stays as it is
};
// All or nothing. Error(invalid_request) for an id that is none, or has the form of our own.
ImportedUsers import_users(db::Connection& db, const Actor& actor, const TenantId& tenant,
                           const std::vector<ForeignUser>& users, Time now);

struct UserChange {
  std::optional<std::string> profile;  // in the place of the whole
  std::optional<bool> disabled;
};
// Error(not_found) where there is no such user. Disabling ends all of the user's tokens.
db::users::UserRow change_user(db::Connection& db, const Actor& actor, const TenantId& tenant,
                               const UserId& id, const UserChange& change, Seconds longest_token, Time now);

// Throws Error(not_found), once what was revoked before is in force: whoever deleted the user may still be
// waiting for that, and so does whoever asks again.
[[noreturn]] void refuse_gone_user(db::Connection& db);

// Ends all of the user's tokens besides. Error(not_found) where there is no such user.
void delete_user(db::Connection& db, const Actor& actor, const TenantId& tenant, const UserId& id,
                 Seconds longest_token, Time now);

}  // namespace gatehouse::flows
