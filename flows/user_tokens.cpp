#include "flows/user_tokens.h"

#include <algorithm>

#include "crypto/random.h"
#include "db/audit.h"
#include "db/revocations.h"
#include "db/users.h"
#include "flows/live_token.h"

namespace gatehouse::flows {

std::string issue_user_token(const TokenKeys& keys, const TenantId& tenant, const UserId& user,
                             std::int64_t version, Time now) {
  crypto::Claims claims;
  claims.subject = user.str();
  claims.tenant = tenant.str();
  claims.id = crypto::random_token(16);
  claims.issued_at = unix_seconds(now);
  claims.expires_at = unix_seconds(now + kUserTokenTtl);
  claims.version = version;
  return keys.sign(Kind::user, claims, now);
}

// A pair may have been made while REFRESH_TOKEN_TTL was longer than it is now: a year is the longest that the
// settings take. What two hosts' clocks may differ by is on top.
Seconds longest_user_token(const TokenTimes& times) {
  constexpr Seconds kLongestRefresh{365L * 86400};
  return std::max({kUserTokenTtl, times.refresh, kLongestRefresh}) + Seconds(60);
}

void end_user_tokens(db::Tx& tx, const TenantId& tenant, const UserId& user, Seconds longest, Time now,
                     const std::optional<std::string>& spares) {
  const auto version = db::users::bump_version(tx, tenant, user);
  db::revocations::revoke(
      tx, {subject_key(user.str()), version.value_or(kEveryVersion), kAtOnce, now + longest, spares});
}

void end_user_token(db::Connection& db, const Actor& actor, const TenantId& tenant, const UserId& user,
                    const std::string& token_id, Time expires_at, Time now) {
  auto tx = db.begin();
  if (db::revocations::revoke(tx, {token_key(token_id), kEveryVersion, kAtOnce, expires_at + Seconds(60)})) {
    db::audit::record(
        tx, {tenant, now, actor.name, "user.logged_out", user.str(), actor.client_address, actor.request_id});
  }
  tx.commit();
}

}  // namespace gatehouse::flows
