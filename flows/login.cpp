#include "flows/login.h"

#include <array>
#include <optional>

#include "base/error.h"
#include "db/audit.h"
#include "db/revocations.h"
#include "flows/email.h"
#include "flows/live_token.h"
#include "flows/user_tokens.h"

namespace gatehouse::flows {

namespace {

std::optional<db::users::UserWithHash> find_by_email(db::Connection& db, const TenantId& tenant,
                                                     const std::string& key) {
  auto tx = db.begin();
  return db::users::find_by_email(tx, tenant, key);
}

void upgrade_hash(db::Connection& db, const TenantId& tenant, const db::users::UserWithHash& user,
                  const std::string& hash) {
  auto tx = db.begin();
  db::users::replace_hash(tx, tenant, user.id, user.password_hash, hash);
  tx.commit();
}

// Hashing takes its time, and who is disabled in it has no session that could be spared. With the user's row
// locked, so that nobody ends it between this look and the end of the transaction.
void require_live_session(db::Tx& tx, const PasswordChange& change, Time now) {
  const auto user = db::users::find_and_lock(tx, change.tenant, change.user);
  if (!user || user->disabled_at ||
      db::revocations::is_revoked(tx, subject_key(change.user.str()), change.token_version, now,
                                  change.token_id))
    throw Error(Errc::invalid_token, "user not authenticated");
}

}  // namespace

SignedIn login(db::Connection& db, const TokenKeys& keys, const PasswordCheck& check, const Login& login,
               Time now) {
  const std::string key = email_key(login.email);
  LoginAttempt attempt(db, check.limits, login.tenant, key, login.client_address, now);
  const auto user = find_by_email(db, login.tenant, key);
  const auto verdict =
      check.passwords.verify(login.password, user ? std::optional(user->password_hash) : std::nullopt);
  if (!user || !verdict.matches || user->disabled_at)
    throw Error(Errc::invalid_grant, "invalid email or password");
  attempt.succeeded();
  if (verdict.needs_rehash) upgrade_hash(db, login.tenant, *user, check.passwords.hash(login.password));
  return {*user, issue_user_token(keys, login.tenant, user->id, user->version, now)};
}

void change_password(db::Connection& db, const PasswordCheck& check, const Actor& actor,
                     const PasswordChange& change, Seconds longest_token, Time now) {
  std::optional<db::users::UserWithHash> user;
  {
    auto tx = db.begin();
    user = db::users::find_with_hash(tx, change.tenant, change.user);
  }
  if (!user || user->disabled_at) throw Error(Errc::invalid_token, "user not authenticated");
  check.passwords.require_acceptable("new_password", change.new_password, user->email);

  LoginAttempt attempt(db, check.limits, change.tenant, email_key(user->email), actor.client_address, now);
  if (!check.passwords.verify(change.current_password, user->password_hash).matches)
    throw Error(Errc::invalid_grant, "current password is wrong");
  attempt.succeeded();

  const std::string hash = check.passwords.hash(change.new_password);
  auto tx = db.begin();
  require_live_session(tx, change, now);
  if (!db::users::replace_hash(tx, change.tenant, change.user, user->password_hash, hash))
    throw Error(Errc::conflict, "The password was changed meanwhile");
  end_user_tokens(tx, change.tenant, change.user, longest_token, now, change.token_id);
  db::audit::record(tx, {change.tenant, now, actor.name, "user.password_changed", change.user.str(),
                         actor.client_address, actor.request_id});
  tx.commit();
}

}  // namespace gatehouse::flows
