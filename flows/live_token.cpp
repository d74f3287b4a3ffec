#include "flows/live_token.h"

#include <vector>

#include "db/revocations.h"

namespace gatehouse::flows {

namespace {

std::string key_of(std::string_view kind, std::string_view id) {
  std::string key(kind);
  key += ':';
  key += id;
  return key;
}

}  // namespace

std::string token_key(std::string_view jti) { return key_of("token", jti); }
std::string family_key(std::string_view family_id) { return key_of("family", family_id); }
std::string client_key(std::string_view client_id) { return key_of("client", client_id); }
std::string pairs_key(std::string_view client_id) { return key_of("pairs", client_id); }

std::optional<crypto::Claims> live_claims(db::Connection& db, const TokenKeys& keys, Kind kind,
                                          std::string_view token, Time now) {
  auto claims = keys.check(kind, token, now);
  if (!claims) return std::nullopt;
  std::vector<db::revocations::Check> checks{{token_key(claims->id), 0}};
  if (kind == Kind::access) {
    checks.push_back({family_key(claims->family), 0});
    checks.push_back({pairs_key(claims->client_id), 0});
  }
  if (kind == Kind::service) checks.push_back({client_key(claims->subject), claims->version});
  if (db::revocations::is_revoked(db, checks, now)) return std::nullopt;
  return claims;
}

}  // namespace gatehouse::flows
