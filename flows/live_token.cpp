#include "flows/live_token.h"

#include <vector>

namespace gatehouse::flows {

namespace {

std::string key_of(std::string_view kind, std::string_view id) {
  std::string key;
  key.reserve(kind.size() + 1 + id.size());
  return key.append(kind).append(1, ':').append(id);
}

}  // namespace

std::string token_key(std::string_view jti) { return key_of("token", jti); }
std::string family_key(std::string_view family_id) { return key_of("family", family_id); }
std::string client_key(std::string_view client_id) { return key_of("client", client_id); }
std::string pairs_key(std::string_view client_id) { return key_of("pairs", client_id); }

std::string subject_key(std::string_view user_id) { return key_of("subject", user_id); }
std::string tenant_key(std::string_view tenant_id) { return key_of("tenant", tenant_id); }

std::optional<crypto::Claims> live_claims(Revocations& revocations, const TokenKeys& keys, Kind kind,
                                          std::string_view token, Time now) {
  auto claims = keys.check(kind, token, now);
  if (!claims) return std::nullopt;
  std::vector<RevocationCheck> checks;
  checks.reserve(5);
  checks.push_back({token_key(claims->id), 0});
  if (kind == Kind::access) {
    checks.push_back({family_key(claims->family), 0});
    checks.push_back({pairs_key(claims->client_id), 0});
  }
  if (kind == Kind::service) checks.push_back({client_key(claims->subject), claims->version});
  // Of a user of ours, whoever asked for it.
  if (!claims->tenant.empty()) {
    checks.push_back({subject_key(claims->subject), claims->version});
    checks.push_back({tenant_key(claims->tenant), 0});
  }
  if (revocations.is_revoked(checks, now, claims->id)) return std::nullopt;
  return claims;
}

}  // namespace gatehouse::flows
