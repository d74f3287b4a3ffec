#include "flows/token_keys.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/base64.h"
#include "base/error.h"
#include "crypto/digest.h"
#include "crypto/jwk.h"

namespace gatehouse::flows {

namespace {

// clang-format off
constexpr std::array kKinds{
    KindRow{Kind::access,   "at+jwt",      "/token",        "gatehouse access token"},
    KindRow{Kind::service,  "service+jwt", "/api/internal", "gatehouse service token"},
    KindRow{Kind::user,     "user+jwt",    "/v1/users",     "gatehouse user token"},
    KindRow{Kind::internal, "JWT",         "",              ""},
};
// clang-format on

// Two hosts' clocks may differ by this much.
constexpr Seconds kSkew{60};

std::vector<crypto::Key> derived_keys(const KindRow& row, const TokenKeys::Settings& settings) {
  const auto derive = [&](const Secret& secret) {
    if (row.label.empty()) return crypto::Key::hmac(secret.reveal());
    return crypto::Key::hmac(crypto::hkdf_sha256(secret.reveal(), row.label, 32));
  };
  std::vector<crypto::Key> keys{derive(settings.secret)};
  if (!settings.previous_secret.empty()) keys.push_back(derive(settings.previous_secret));
  return keys;
}

bool is_same(const PublishedKey& a, const PublishedKey& b) {
  return a.signs_from == b.signs_from && a.verify_until == b.verify_until &&
         a.key.can_sign() == b.key.can_sign() && a.key.kid() == b.key.kid() &&
         crypto::public_jwk(a.key) == crypto::public_jwk(b.key);
}

bool is_current(const PublishedKey& key, Time now) { return !key.verify_until || *key.verify_until > now; }

}  // namespace

const KindRow& row_of(Kind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

TokenKeys::TokenKeys(Settings settings) : settings_(std::move(settings)) {
  for (const auto& row : kKinds) derived_.push_back({derived_keys(row, settings_)});
  for (const Secret* secret : {&settings_.secret, &settings_.previous_secret}) {
    if (secret->empty()) continue;
    stamps_.emplace_back(crypto::hkdf_sha256(secret->reveal(), "gatehouse refresh token stamp", 32));
  }
  know_headers();
}

void TokenKeys::publish(std::vector<PublishedKey> keys) {
  if (std::equal(keys.begin(), keys.end(), published_.begin(), published_.end(), is_same)) return;
  recent_->forget();
  published_ = std::move(keys);
  know_headers();
}

void TokenKeys::know_headers() {
  headers_.clear();
  for (const auto& row : kKinds) {
    headers_.push_back(crypto::header_of(derived_[static_cast<std::size_t>(row.kind)].keys.front(), row.typ));
    for (const auto& key : published_) headers_.push_back(crypto::header_of(key.key, row.typ));
  }
}

bool TokenKeys::knows(std::string_view kid) const {
  return std::any_of(published_.begin(), published_.end(),
                     [&](const auto& key) { return key.key.kid() == kid; });
}

bool TokenKeys::names_unknown_key(std::string_view token) const {
  const auto unchecked = crypto::read(token, headers_);
  return unchecked && !unchecked->header.kid.empty() && !knows(unchecked->header.kid);
}

const crypto::Key* TokenKeys::find_signing_key(Kind kind, Time now) const {
  if (settings_.alg == "HS256" || kind == Kind::internal)
    return &derived_[static_cast<std::size_t>(kind)].keys.front();
  const PublishedKey* newest = nullptr;
  for (const auto& key : published_) {
    const bool fits =
        crypto::name_of(key.key.alg()) == settings_.alg && key.signs_from <= now && is_current(key, now);
    if (fits && (newest == nullptr || newest->signs_from < key.signs_from)) newest = &key;
  }
  return newest == nullptr ? nullptr : &newest->key;
}

std::string TokenKeys::sign(Kind kind, crypto::Claims claims, Time now) const {
  const crypto::Key* const key = find_signing_key(kind, now);
  if (key == nullptr) {
    throw Error(Errc::unavailable, {},
                "no signing key for " + settings_.alg + "; run: scripts/gatehouse keys ensure");
  }
  const KindRow& row = row_of(kind);
  if (kind != Kind::internal) {
    claims.issuer = settings_.issuer;
    claims.audience = settings_.issuer + std::string(row.audience_path);
  }
  return crypto::sign(*key, row.typ, crypto::to_json(claims));
}

std::optional<TokenKeys::Signed> TokenKeys::find_signed(Kind kind, std::string_view token, Time now) const {
  const auto unchecked = crypto::read(token, headers_);
  const bool internal = kind == Kind::internal;
  if (!unchecked) return std::nullopt;
  const crypto::JwtHeader& header = unchecked->header;
  // Seed tools leave `typ` out at times; only the internal kind forgives that, since its key is nobody
  // else's.
  if (header.typ != row_of(kind).typ && !(internal && header.typ.empty())) return std::nullopt;
  if (internal || header.kid.empty()) {
    for (const auto& key : derived_[static_cast<std::size_t>(kind)].keys) {
      if (auto checked = crypto::verify(key, *unchecked); checked.ok())
        return Signed{std::move(checked.payload), {}};
    }
    return std::nullopt;
  }
  for (const auto& key : published_) {
    if (key.key.kid() != header.kid || !is_current(key, now)) continue;
    if (auto checked = crypto::verify(key.key, *unchecked); checked.ok())
      return Signed{std::move(checked.payload), key.verify_until};
  }
  return std::nullopt;
}

std::optional<TokenKeys::Genuine> TokenKeys::find_genuine(Kind kind, std::string_view token, Time now) const {
  const auto found = find_signed(kind, token, now);
  if (!found) return std::nullopt;
  auto claims = crypto::parse_claims(found->payload);
  if (!claims) return std::nullopt;
  // Administrators make these by tools of their own, which need not name anybody. RFC 7519 section 4.1.3: who
  // is named, and is somebody else, must refuse.
  const bool ours = kind == Kind::internal
                        ? claims->audience.empty() || claims->audience == settings_.issuer
                        : claims->issuer == settings_.issuer && !claims->id.empty() &&
                              claims->audience == settings_.issuer + std::string(row_of(kind).audience_path);
  if (!ours) return std::nullopt;
  return Genuine{*std::move(claims), found->until};
}

// The digest is of the whole token, its signature included, so nothing but the very same bytes is found
// again.
std::optional<crypto::Claims> TokenKeys::genuine(Kind kind, std::string_view token, Time now) const {
  if (token.size() > crypto::kLongestJwt || token.find('.') == std::string_view::npos) return std::nullopt;
  std::string digest = crypto::sha256(token) + std::to_string(static_cast<int>(kind));
  if (auto known = recent_->find(digest, now)) return known;
  auto found = find_genuine(kind, token, now);
  if (!found) return std::nullopt;
  recent_->keep(std::move(digest), found->claims, found->until);
  return std::move(found->claims);
}

std::optional<crypto::Claims> TokenKeys::check(Kind kind, std::string_view token, Time now) const {
  auto claims = genuine(kind, token, now);
  if (!claims) return std::nullopt;
  const std::int64_t soon = unix_seconds(now + kSkew);
  const bool in_time =
      claims->expires_at > unix_seconds(now) && claims->issued_at <= soon && claims->not_before <= soon;
  if (!in_time) return std::nullopt;
  return claims;
}

std::string TokenKeys::stamp(std::string_view bytes) const {
  return stamps_.front().of(bytes).substr(0, kStampBytes);
}

bool TokenKeys::is_stamp(std::string_view stamp, std::string_view bytes) const {
  return std::any_of(stamps_.begin(), stamps_.end(), [&](const auto& key) {
    return crypto::equal_constant_time(stamp, key.of(bytes).substr(0, kStampBytes));
  });
}

Secret derived_password(const Secret& jwt_secret, std::string_view role) {
  return Secret(base64url_encode(
      crypto::hkdf_sha256(jwt_secret.reveal(), "gatehouse database role " + std::string(role), 24)));
}

}  // namespace gatehouse::flows
