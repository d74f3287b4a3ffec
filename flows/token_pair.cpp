#include "flows/token_pair.h"

#include <algorithm>
#include <utility>

#include "base/base64.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "db/token_families.h"

namespace gatehouse::flows {

namespace {

constexpr std::size_t kLocatorBytes = 18;
constexpr std::size_t kProofBytes = 24;  // 192 bits

}  // namespace

RefreshToken::RefreshToken(std::string bytes) : bytes_(std::move(bytes)), text_(base64url_encode(bytes_)) {}

RefreshToken RefreshToken::create() {
  return RefreshToken(crypto::random_bytes(kLocatorBytes + kProofBytes));
}

RefreshToken RefreshToken::successor() const {
  return RefreshToken(bytes_.substr(0, kLocatorBytes) + crypto::random_bytes(kProofBytes));
}

std::optional<RefreshToken> RefreshToken::parse(std::string_view text) {
  if (text.size() != 56) return std::nullopt;
  auto bytes = base64url_decode(text);
  if (!bytes || bytes->size() != kLocatorBytes + kProofBytes) return std::nullopt;
  return RefreshToken(std::move(*bytes));
}

std::string RefreshToken::locator_hash() const {
  return crypto::sha256(std::string_view(bytes_).substr(0, kLocatorBytes));
}

std::string RefreshToken::hash() const { return crypto::sha256(bytes_); }

SignedAccess sign_access(const TokenKeys& keys, const Grant& grant, Seconds ttl, Time family_expires_at,
                         Time now) {
  const Time expires_at = std::min(now + ttl, family_expires_at);
  crypto::Claims claims;
  claims.subject = grant.subject;
  claims.id = crypto::random_token(16);
  claims.issued_at = unix_seconds(now);
  claims.expires_at = unix_seconds(expires_at);
  claims.client_id = grant.client_id;
  claims.family = grant.family_id;
  return {keys.sign(Kind::access, claims, now), expires_at};
}

TokenPair generate_pair(db::Connection& db, const TokenKeys& keys, const TokenTimes& times,
                        std::string_view client_id, std::int32_t user_id, Time now) {
  return generate_pair(db, keys, times, client_id, std::to_string(user_id), now);
}

TokenPair generate_pair(db::Connection& db, const TokenKeys& keys, const TokenTimes& times,
                        std::string_view client_id, std::string_view subject, Time now) {
  const RefreshToken refresh = RefreshToken::create();
  const Grant grant{crypto::random_token(16), std::string(client_id), std::string(subject)};
  const Time expires_at = now + times.refresh;
  const SignedAccess access = sign_access(keys, grant, times.access, expires_at, now);

  db::token_families::NewFamily family;
  family.family_id = grant.family_id;
  family.locator_hash = refresh.locator_hash();
  family.current_hash = refresh.hash();
  family.client_id = grant.client_id;
  family.subject = grant.subject;
  family.created_at = now;
  family.expires_at = expires_at;
  family.access_expires_at = access.expires_at;
  db::token_families::insert(db, family);
  return {access.token, refresh.text(), std::chrono::duration_cast<Seconds>(access.expires_at - now)};
}

}  // namespace gatehouse::flows
