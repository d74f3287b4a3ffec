// Users of tenants. The tenant comes first, and row-level security holds it: every function that takes
// it binds the transaction to it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "db/connection.h"

namespace gatehouse::db::users {

struct UserRow {
  UserId id;
  std::string email;     // as it was given
  std::string profile;   // a JSON object, as it came
  std::int64_t version;  // of the tokens issued now; those with a lower one may be revoked
  Time created_at;
  std::optional<Time> disabled_at;
};

struct UserWithHash : UserRow {
  std::string password_hash;
};

struct NewUser {
  UserId id;
  std::string_view email;
  std::string_view email_key;  // what emails are compared by
  std::string_view password_hash;
  std::string_view profile;
};

// False where the email is taken; two that come at once are told apart here.
bool insert(Tx& tx, const TenantId& tenant, const NewUser& user, Time now);
// One of another system, who keeps the id of there and has no email. False where the id is taken.
bool insert_foreign(Tx& tx, const TenantId& tenant, const UserId& id, std::string_view password_hash,
                    std::string_view profile, Time now);
bool email_is_taken(Tx& tx, const TenantId& tenant, std::string_view email_key);

// They also find a disabled one.
std::optional<UserRow> find(Tx& tx, const TenantId& tenant, const UserId& id);
// The same in one round trip, for who asks nothing else.
std::optional<UserRow> find(Connection& db, const TenantId& tenant, const UserId& id);
std::optional<UserWithHash> find_with_hash(Tx& tx, const TenantId& tenant, const UserId& id);
std::optional<UserWithHash> find_by_email(Tx& tx, const TenantId& tenant, std::string_view email_key);
// Makes others who change this user wait for the end of the transaction.
std::optional<UserRow> find_and_lock(Tx& tx, const TenantId& tenant, const UserId& id);

// Whose user it is, known by the id alone: for services of the installation only.
struct Owner {
  TenantId tenant;
  std::int64_t version;
  std::optional<Time> disabled_at;
};
std::optional<Owner> find_owner(Connection& db, const UserId& id);

// Where a list goes on: after the last one seen.
struct Position {
  Time created_at;
  std::string id;
};
// In the order in which they were made: so many at most, and none after those whose emails and profiles are
// so many bytes.
std::vector<UserRow> list(Tx& tx, const TenantId& tenant, const Position& after, int limit,
                          std::int64_t bytes);

void set_profile(Tx& tx, const TenantId& tenant, const UserId& id, std::string_view profile);
// nullopt: works again.
void set_disabled(Tx& tx, const TenantId& tenant, const UserId& id, std::optional<Time> at);
// Only where the hash is still `before`: what was read may have been changed since. False where it was.
bool replace_hash(Tx& tx, const TenantId& tenant, const UserId& id, std::string_view before,
                  std::string_view after);
// The new version; nullopt where there is no such user.
std::optional<std::int64_t> bump_version(Tx& tx, const TenantId& tenant, const UserId& id);
bool remove(Tx& tx, const TenantId& tenant, const UserId& id);
// Any of them, so many at most; the count of those that went.
std::int64_t remove_some(Tx& tx, const TenantId& tenant, int limit);

}  // namespace gatehouse::db::users
