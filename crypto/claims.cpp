#include "crypto/claims.h"

#include "base/error.h"
#include "base/json.h"

namespace gatehouse::crypto {

namespace {

constexpr std::size_t kMaxText = 512;

// Takes the member's text where it is there; false where it is something else than a bounded text.
bool take(const json::Value& payload, std::string_view name, std::string& target) {
  const auto member = payload.find(name);
  if (!member) return true;
  const auto text = member->text();
  if (!text || text->size() > kMaxText) return false;
  target = *text;
  return true;
}

bool take(const json::Value& payload, std::string_view name, std::int64_t& target) {
  const auto member = payload.find(name);
  if (!member) return true;
  const auto number = member->integer();
  if (!number || *number < 0) return false;
  target = *number;
  return true;
}

}  // namespace

std::string to_json(const Claims& claims) {
  json::Object payload;
  const auto add = [&](std::string_view name, const std::string& text) {
    if (!text.empty()) payload.add(name, text);
  };
  add("iss", claims.issuer);
  add("aud", claims.audience);
  add("sub", claims.subject);
  add("jti", claims.id);
  payload.add("iat", claims.issued_at).add("exp", claims.expires_at);
  add("client_id", claims.client_id);
  add("fam", claims.family);
  add("scope", claims.scope);
  if (claims.version != 0) payload.add("ver", claims.version);
  add("tenant", claims.tenant);
  add("role", claims.role);
  add("user_id", claims.user_id);
  return payload.str();
}

std::optional<Claims> parse_claims(std::string_view payload) {
  try {
    const auto document = json::Document::parse(payload);
    const auto root = document.root();
    Claims claims;
    const bool well_formed = root.is_object() && take(root, "iss", claims.issuer) &&
                             take(root, "aud", claims.audience) && take(root, "sub", claims.subject) &&
                             take(root, "jti", claims.id) && take(root, "iat", claims.issued_at) &&
                             take(root, "exp", claims.expires_at) && take(root, "nbf", claims.not_before) &&
                             take(root, "client_id", claims.client_id) && take(root, "fam", claims.family) &&
                             take(root, "scope", claims.scope) && take(root, "ver", claims.version) &&
                             take(root, "tenant", claims.tenant) && take(root, "role", claims.role) &&
                             take(root, "user_id", claims.user_id);
    if (!well_formed || claims.subject.empty() || claims.expires_at == 0) return std::nullopt;
    // Who meant to name one user and named none must not get all of them.
    if (claims.user_id.empty() && root.find("user_id")) return std::nullopt;
    return claims;
  } catch (const Error&) {
    return std::nullopt;  // the payload is no JSON
  }
}

}  // namespace gatehouse::crypto
