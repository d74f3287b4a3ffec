#include "flows/users.h"

#include <utility>

#include "base/error.h"
#include "crypto/password.h"
#include "crypto/random.h"
#include "db/audit.h"
#include "flows/email.h"
#include "flows/tenants.h"
#include "flows/user_tokens.h"

namespace gatehouse::flows {

namespace {

void audit(db::Tx& tx, const Actor& actor, const char* action, const TenantId& tenant, const UserId& id,
           Time now) {
  db::audit::record(tx, {tenant, now, actor.name, action, id.str(), actor.client_address, actor.request_id});
}

[[noreturn]] void refuse_taken() { throw Error(Errc::conflict, "email is already registered"); }

db::users::UserRow lock(db::Tx& tx, const TenantId& tenant, const UserId& id) {
  auto user = db::users::find_and_lock(tx, tenant, id);
  if (!user) throw Error(Errc::not_found, "user not found");
  return *user;
}

}  // namespace

db::users::UserRow register_user(db::Connection& db, const Passwords& passwords, const Actor& actor,
                                 const TenantId& tenant, const Registration& registration, Time now) {
  if (!is_email(registration.email)) throw Error(Errc::invalid_request, "\"email\" is not a valid email");
  passwords.require_acceptable("password", registration.password, registration.email);
  const std::string key = email_key(registration.email);
  {
    auto tx = db.begin();
    if (db::users::email_is_taken(tx, tenant, key)) refuse_taken();
  }
  const std::string hash = passwords.hash(registration.password);
  const auto id = UserId::trusted(std::string(UserId::kPrefix) + crypto::random_id(UserId::kRandom));
  auto tx = db.begin();
  if (!db::users::insert(tx, tenant, {id, registration.email, key, hash, registration.profile}, now))
    refuse_taken();
  audit(tx, actor, "user.registered", tenant, id, now);
  tx.commit();
  return {id, std::string(registration.email), std::string(registration.profile), 1, now, std::nullopt};
}

ImportedUsers import_users(db::Connection& db, const Actor& actor, const TenantId& tenant,
                           const std::vector<ForeignUser>& users, Time now) {
  // One for all of them: it matches nothing, and is as slow as a real one.
  const std::string hash = crypto::dummy_password_hash();
  ImportedUsers imported;
  auto tx = db.begin();
  require_tenant(tx, tenant);
  for (const auto& user : users) {
    const auto id = parse_any_user_id(user.id);
    if (!id || id->str().starts_with(UserId::kPrefix)) {
      throw Error(Errc::invalid_request,
                  "\"" + user.id + "\" is no id of another system: 1 to 64 of [A-Za-z0-9_-], not usr_…");
    }
    if (db::users::insert_foreign(tx, tenant, *id, hash, user.profile, now)) {
      audit(tx, actor, "user.imported", tenant, *id, now);
      ++imported.added;
    } else {
      ++imported.present;
    }
  }
  tx.commit();
  return imported;
}

db::users::UserRow change_user(db::Connection& db, const Actor& actor, const TenantId& tenant,
                               const UserId& id, const UserChange& change, Seconds longest_token, Time now) {
  auto tx = db.begin();
  auto user = lock(tx, tenant, id);
  if (change.profile) {
    db::users::set_profile(tx, tenant, id, *change.profile);
    user.profile = *change.profile;
    audit(tx, actor, "user.profile_changed", tenant, id, now);
  }
  if (change.disabled.value_or(false)) tx.note_revocation();  // also where somebody else has just done it
  if (change.disabled && *change.disabled != user.disabled_at.has_value()) {
    user.disabled_at = *change.disabled ? std::optional(now) : std::nullopt;
    db::users::set_disabled(tx, tenant, id, user.disabled_at);
    if (*change.disabled) end_user_tokens(tx, tenant, id, longest_token, now);
    audit(tx, actor, *change.disabled ? "user.disabled" : "user.enabled", tenant, id, now);
  }
  tx.commit();
  return user;
}

namespace {

[[noreturn]] void refuse_gone_user(db::Tx tx) {
  tx.note_revocation();
  tx.commit();
  throw Error(Errc::not_found, "user not found");
}

}  // namespace

void refuse_gone_user(db::Connection& db) { refuse_gone_user(db.begin()); }

void delete_user(db::Connection& db, const Actor& actor, const TenantId& tenant, const UserId& id,
                 Seconds longest_token, Time now) {
  auto tx = db.begin();
  if (!db::users::find_and_lock(tx, tenant, id)) refuse_gone_user(std::move(tx));
  db::users::remove(tx, tenant, id);
  end_user_tokens(tx, tenant, id, longest_token, now);
  audit(tx, actor, "user.deleted", tenant, id, now);
  tx.commit();
}

}  // namespace gatehouse::flows
