#include "crypto/jwt.h"

#include <utility>

#include "base/base64.h"
#include "base/error.h"
#include "base/json.h"

namespace gatehouse::crypto {
namespace {

// The three parts as they stand in the token, and what was signed: the first two with the dot between.
struct Parts {
  std::string_view header;
  std::string_view payload;
  std::string_view signature;
  std::string_view signed_text;
};

std::optional<Parts> split(std::string_view token) {
  if (token.size() > kLongestJwt) return std::nullopt;
  const std::size_t first = token.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  // A third dot stays in the signature, and is no base64url.
  return Parts{token.substr(0, first), token.substr(first + 1, second - first - 1), token.substr(second + 1),
               token.substr(0, second)};
}

struct ReadHeader {
  JwtHeader header;
  bool is_critical = false;
};

// False where the member is there and is no text.
bool take(const json::Value& header, std::string_view name, std::string& out) {
  const auto member = header.find(name);
  if (!member) return true;
  const auto text = member->text();
  if (text) out = *text;
  return text.has_value();
}

// Members that would bring a key along (jwk, jku, x5c, x5u) are never looked at: RFC 8725 section 3.10.
std::optional<ReadHeader> read_header(std::string_view encoded) {
  const auto text = base64url_decode(encoded);
  if (!text) return std::nullopt;
  try {
    const auto document = json::Document::parse(*text);  // refuses duplicate members
    const json::Value root = document.root();
    ReadHeader out;
    if (!root.is_object() || !take(root, "alg", out.header.alg) || !take(root, "typ", out.header.typ) ||
        !take(root, "kid", out.header.kid) || out.header.alg.empty()) {
      return std::nullopt;
    }
    out.is_critical = root.find("crit").has_value();
    return out;
  } catch (const Error&) {
    return std::nullopt;  // a stranger's text that is no JSON
  }
}

}  // namespace

std::string sign(const Key& key, std::string_view typ, std::string_view claims_json) {
  json::Object header;
  header.add("alg", name_of(key.alg()));
  if (!typ.empty()) header.add("typ", typ);
  if (!key.kid().empty()) header.add("kid", key.kid());
  std::string token = base64url_encode(header.str()) + '.' + base64url_encode(claims_json);
  const std::string signature = key.sign(token);
  token.append(1, '.').append(base64url_encode(signature));
  if (token.size() > kLongestJwt)
    throw Error(Errc::internal, {}, "a JWT came out longer than verify accepts");
  return token;
}

Checked verify(const Key& key, std::string_view token) {
  const auto parts = split(token);
  if (!parts) return {};
  auto header = read_header(parts->header);
  if (!header) return {};
  if (header->header.alg != name_of(key.alg())) return {Verdict::bad_algorithm, {}, {}};
  if (header->is_critical) return {Verdict::critical_header, {}, {}};
  const auto signature = base64url_decode(parts->signature);
  auto payload = base64url_decode(parts->payload);
  if (!signature || !payload) return {};
  if (!key.verify(parts->signed_text, *signature)) return {Verdict::bad_signature, {}, {}};
  return {Verdict::ok, std::move(header->header), std::move(*payload)};
}

std::optional<JwtHeader> peek(std::string_view token) {
  const auto parts = split(token);
  if (!parts) return std::nullopt;
  auto header = read_header(parts->header);
  if (!header) return std::nullopt;
  return std::move(header->header);
}

}  // namespace gatehouse::crypto
