#include "flows/token_pair.h"

#include <algorithm>
#include <utility>

#include "base/base64.h"
#include "base/error.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "db/token_families.h"
#include "db/users.h"

namespace gatehouse::flows {

namespace {

constexpr std::size_t kLocatorBytes = 20;
constexpr std::size_t kFormerLocatorBytes = 18;
constexpr std::size_t kProofBytes = 24;   // 192 bits
constexpr std::size_t kLongestText = 80;  // of 60 bytes
constexpr std::size_t kFamilyBytes = 16;

bool is_locator_size(std::size_t size) { return size == kLocatorBytes || size == kFormerLocatorBytes; }

std::string new_family_id(Time now) { return base64url_encode(crypto::ordered_bytes(now, kFamilyBytes)); }

}  // namespace

RefreshToken::RefreshToken(std::string bytes) : bytes_(std::move(bytes)), text_(base64url_encode(bytes_)) {}

RefreshToken RefreshToken::stamped(const TokenKeys& keys, std::string bytes) {
  bytes += keys.stamp(bytes);
  return RefreshToken(std::move(bytes));
}

RefreshToken RefreshToken::create(const TokenKeys& keys, Time now) {
  return stamped(keys, crypto::ordered_bytes(now, kLocatorBytes + kProofBytes));
}

RefreshToken RefreshToken::successor(const TokenKeys& keys) const {
  return stamped(keys, std::string(locator()) + crypto::random_bytes(kProofBytes));
}

std::optional<RefreshToken> RefreshToken::parse(std::string_view text) {
  if (text.size() > kLongestText) return std::nullopt;
  auto bytes = base64url_decode(text);
  if (!bytes || bytes->size() < kProofBytes + TokenKeys::kStampBytes) return std::nullopt;
  if (!is_locator_size(bytes->size() - kProofBytes - TokenKeys::kStampBytes)) return std::nullopt;
  return RefreshToken(std::move(*bytes));
}

std::string_view RefreshToken::locator() const {
  return std::string_view(bytes_).substr(0, bytes_.size() - kProofBytes - TokenKeys::kStampBytes);
}

bool RefreshToken::was_issued(const TokenKeys& keys) const {
  const std::string_view all = bytes_;
  const std::size_t stamped = all.size() - TokenKeys::kStampBytes;
  return keys.is_stamp(all.substr(stamped), all.substr(0, stamped));
}

std::string RefreshToken::locator_hash() const {
  std::string hash = crypto::sha256(locator());
  if (locator().size() == kLocatorBytes)
    hash.replace(0, crypto::kTimeBytes, locator().substr(0, crypto::kTimeBytes));
  return hash;
}

std::string RefreshToken::hash() const { return crypto::sha256(bytes_); }

std::string new_token_id() { return crypto::random_token(16); }

Time access_end(Seconds ttl, Time family_expires_at, Time now) {
  return std::min(now + ttl, family_expires_at);
}

std::string sign_access(const TokenKeys& keys, const Grant& grant, std::string_view id, Time expires_at,
                        Time issued_at, Time signed_at) {
  crypto::Claims claims;
  claims.subject = grant.subject;
  claims.id = id;
  claims.issued_at = unix_seconds(issued_at);
  claims.expires_at = unix_seconds(expires_at);
  claims.client_id = grant.client_id;
  claims.family = grant.family_id;
  claims.tenant = grant.tenant;
  claims.version = grant.version;
  return keys.sign(Kind::access, claims, signed_at);
}

namespace {

TokenPair new_family(db::Connection& db, const TokenKeys& keys, const TokenTimes& times, const Grant& grant,
                     Time now) {
  const RefreshToken refresh = RefreshToken::create(keys, now);
  const Time expires_at = now + times.refresh;
  const Time access_ends = access_end(times.access, expires_at, now);
  std::string access = sign_access(keys, grant, new_token_id(), access_ends, now, now);

  db::token_families::NewFamily family;
  family.family_id = grant.family_id;
  family.locator_hash = refresh.locator_hash();
  family.current_hash = refresh.hash();
  family.client_id = grant.client_id;
  family.subject = grant.subject;
  family.created_at = now;
  family.expires_at = expires_at;
  family.access_expires_at = access_ends;
  if (!grant.tenant.empty()) family.subject_tenant = grant.tenant;
  family.subject_version = grant.version;
  db::token_families::insert(db, family);
  return {std::move(access), refresh.text(), std::chrono::duration_cast<Seconds>(access_ends - now)};
}

}  // namespace

TokenPair generate_pair(db::Connection& db, const TokenKeys& keys, const TokenTimes& times,
                        std::string_view client_id, std::int32_t user_id, Time now) {
  return new_family(db, keys, times, {new_family_id(now), std::string(client_id), std::to_string(user_id)},
                    now);
}

// Whoever is disabled or deleted at this very moment has a version that the revocation ends.
TokenPair generate_pair(db::Connection& db, const TokenKeys& keys, const TokenTimes& times,
                        std::string_view client_id, const UserId& user, Time now) {
  const auto owner = db::users::find_owner(db, user);
  if (!owner || owner->disabled_at) throw Error(Errc::not_found, "user not found");
  return new_family(
      db, keys, times,
      {new_family_id(now), std::string(client_id), user.str(), owner->tenant.str(), owner->version}, now);
}

}  // namespace gatehouse::flows
