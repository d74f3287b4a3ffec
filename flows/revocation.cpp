#include "flows/revocation.h"

#include <string>

#include "crypto/digest.h"
#include "db/revocations.h"
#include "db/token_families.h"
#include "flows/live_token.h"
#include "flows/refresh.h"
#include "flows/token_pair.h"

namespace gatehouse::flows {

namespace {

bool may(const Revoker& who, std::string_view owner) { return who.is_admin || who.client_id == owner; }

// A token of the family that is neither the newest nor the one before proves nothing any more.
bool proves(const db::token_families::Family& family, const std::string& hash) {
  return crypto::equal_constant_time(family.current_hash, hash) ||
         (family.parent_hash && crypto::equal_constant_time(*family.parent_hash, hash));
}

}  // namespace

void revoke_token(db::Connection& db, const TokenKeys& keys, const Revoker& who, std::string_view token,
                  Time now) {
  if (const auto refresh = RefreshToken::parse(token)) {
    const auto family = db::token_families::find_by_locator(db, refresh->locator_hash());
    if (family && proves(*family, refresh->hash()) && may(who, family->client_id))
      end_family(db, family->family_id, now);
    return;
  }
  if (const auto access = keys.check(Kind::access, token, now)) {
    if (!may(who, access->client_id) || end_family(db, access->family, now)) return;
    // The family is unknown (a restored backup, say) or had ended: the token itself ends all the same.
    db::revocations::revoke(
        db, {family_key(access->family), kEveryVersion, kAtOnce, from_unix_seconds(access->expires_at)});
    return;
  }
  if (const auto service = keys.check(Kind::service, token, now)) {
    if (!may(who, service->subject)) return;
    db::revocations::revoke(
        db, {token_key(service->id), kEveryVersion, kAtOnce, from_unix_seconds(service->expires_at)});
  }
}

}  // namespace gatehouse::flows
