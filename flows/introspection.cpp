#include "flows/introspection.h"

#include <utility>

#include "crypto/digest.h"
#include "db/token_families.h"
#include "flows/dev_tokens.h"
#include "flows/live_token.h"
#include "flows/token_pair.h"

namespace gatehouse::flows {

namespace {

Introspection told(std::string_view type, crypto::Claims claims) {
  Introspection answer;
  answer.token_type = type;
  answer.subject = std::move(claims.subject);
  answer.client_id = std::move(claims.client_id);
  answer.tenant = std::move(claims.tenant);
  answer.scope = std::move(claims.scope);
  answer.issuer = std::move(claims.issuer);
  answer.audience = std::move(claims.audience);
  answer.id = std::move(claims.id);
  answer.issued_at = claims.issued_at;
  answer.expires_at = claims.expires_at;
  return answer;
}

Introspection told(const db::dev_tokens::Owner& owner, const TokenKeys& keys) {
  Introspection answer;
  answer.token_type = "Bearer";
  answer.subject = owner.id.str();
  answer.tenant = owner.tenant.str();
  answer.issuer = keys.issuer();
  answer.id = owner.id.str();
  answer.issued_at = unix_seconds(owner.created_at);
  if (owner.expires_at) answer.expires_at = unix_seconds(*owner.expires_at);
  return answer;
}

// Only the newest token of a family is active; asking changes nothing, so an old one here is no reuse.
std::optional<Introspection> refresh_token(db::Connection& db, const TokenKeys& keys,
                                           const RefreshToken& token, Time now) {
  const auto family = db::token_families::find_by_locator(db, token.locator_hash(), now);
  if (!family || family->is_over(now)) return std::nullopt;
  if (!crypto::equal_constant_time(family->current_hash, token.hash())) return std::nullopt;
  Introspection answer;
  answer.token_type = "refresh_token";
  answer.subject = family->subject;
  answer.client_id = family->client_id;
  answer.issuer = keys.issuer();
  answer.issued_at = unix_seconds(family->rotated_at.value_or(family->created_at));
  answer.expires_at = unix_seconds(family->expires_at);
  return answer;
}

}  // namespace

std::optional<Introspection> introspect(db::Connection& db, Credentials& credentials, const TokenKeys& keys,
                                        std::string_view token, Time now) {
  Revocations& revocations = credentials.revocations();
  if (const auto refresh = RefreshToken::parse(token)) return refresh_token(db, keys, *refresh, now);
  for (const Kind kind : {Kind::access, Kind::user, Kind::service}) {
    if (auto claims = live_claims(revocations, keys, kind, token, now)) {
      auto answer = told("Bearer", *std::move(claims));
      if (kind == Kind::service) answer.client_id = answer.subject;
      return answer;
    }
    // Ours, but not good: nobody's developer token, and nothing to ask PostgreSQL for.
    if (keys.genuine(kind, token, now)) return std::nullopt;
  }
  if (const auto owner = credentials.dev_token(db, token, now)) return told(*owner, keys);
  return std::nullopt;
}

}  // namespace gatehouse::flows
