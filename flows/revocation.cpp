#include "flows/revocation.h"

#include <string>

#include "base/json.h"
#include "crypto/digest.h"
#include "db/audit.h"
#include "db/revocations.h"
#include "db/token_families.h"
#include "flows/live_token.h"
#include "flows/refresh.h"
#include "flows/token_pair.h"

namespace gatehouse::flows {

namespace {

bool may(const Revoker& who, std::string_view owner) { return who.is_admin || who.actor.name == owner; }

// Any token of the family does, however often it was rotated since: whoever it was taken from has no other
// one. That the newest two were issued their row knows, also when the secret that stamped them is gone.
bool proves(const db::token_families::Family& family, const RefreshToken& token, const TokenKeys& keys) {
  const std::string hash = token.hash();
  return crypto::equal_constant_time(family.current_hash, hash) ||
         (family.parent_hash && crypto::equal_constant_time(*family.parent_hash, hash)) ||
         token.was_issued(keys);
}

void revoke_one(db::Connection& db, const Actor& actor, const std::string& key, std::int64_t expires_at,
                Time now) {
  auto tx = db.begin();
  if (db::revocations::revoke(tx, {key, kEveryVersion, kAtOnce, from_unix_seconds(expires_at)})) {
    db::audit::record(tx, {default_tenant(), now, actor.name, "token.revoked", key, actor.client_address,
                           actor.request_id});
  }
  tx.commit();
}

}  // namespace

void revoke_token(db::Connection& db, const TokenKeys& keys, const Revoker& who, std::string_view token,
                  Time now) {
  if (const auto refresh = RefreshToken::parse(token)) {
    const auto family = db::token_families::find_by_locator(db, refresh->locator_hash(), now);
    if (family && proves(*family, *refresh, keys) && may(who, family->client_id))
      end_family(db, who.actor, family->family_id, FamilyEnd::revoked, now);
    return;
  }
  // Whoever signs out after a pause shows an access token that has expired; the pair ends all the same.
  if (const auto access = keys.genuine(Kind::access, token, now)) {
    if (!may(who, access->client_id) || end_family(db, who.actor, access->family, FamilyEnd::revoked, now))
      return;
    // The family is unknown (a restored backup, say) or had ended: the token itself ends all the same.
    if (from_unix_seconds(access->expires_at) > now)
      revoke_one(db, who.actor, family_key(access->family), access->expires_at, now);
    return;
  }
  if (const auto service = keys.check(Kind::service, token, now)) {
    if (!may(who, service->subject)) return;
    revoke_one(db, who.actor, token_key(service->id), service->expires_at, now);
  }
}

std::int64_t end_all_pairs(db::Connection& db, const Actor& actor, Time now) {
  constexpr int kBatch = 1000;
  std::int64_t count = 0;
  std::string last;
  for (;;) {
    auto tx = db.begin();
    const auto ended = db::token_families::end_from(tx, last, now, kBatch);
    if (ended.empty()) return count;
    for (const auto& family : ended) {
      if (family.access_may_live)
        db::revocations::revoke(
            tx, {family_key(family.family_id), kEveryVersion, kAtOnce, family.access_expires_at});
    }
    const auto detail =
        json::Object().add("reason", "all").add("count", static_cast<std::int64_t>(ended.size()));
    db::audit::record(tx, {default_tenant(), now, actor.name, "token_family.ended", "all",
                           actor.client_address, actor.request_id, detail.str()});
    tx.commit();
    last = ended.back().family_id;
    count += static_cast<std::int64_t>(ended.size());
  }
}

}  // namespace gatehouse::flows
