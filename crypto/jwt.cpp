#include "crypto/jwt.h"

#include <algorithm>
#include <utility>

#include "base/base64.h"
#include "base/error.h"
#include "base/json.h"

namespace gatehouse::crypto {
namespace {

// False where the member is there and is no text.
bool take(const json::Value& header, std::string_view name, std::string& out) {
  const auto member = header.find(name);
  if (!member) return true;
  const auto text = member->text();
  if (text) out = *text;
  return text.has_value();
}

// Members that would bring a key along (jwk, jku, x5c, x5u) are never looked at: RFC 8725 section 3.10.
bool read_header(std::string_view encoded, Unchecked& out) {
  const auto text = base64url_decode(encoded);
  if (!text) return false;
  try {
    const auto document = json::Document::parse(*text);  // refuses duplicate members
    const json::Value root = document.root();
    if (!root.is_object() || !take(root, "alg", out.header.alg) || !take(root, "typ", out.header.typ) ||
        !take(root, "kid", out.header.kid) || out.header.alg.empty())
      return false;
    out.is_critical = root.find("crit").has_value();
    return true;
  } catch (const Error&) {
    return false;  // a stranger's text that is no JSON
  }
}

}  // namespace

KnownHeader header_of(const Key& key, std::string_view typ) {
  json::Object header;
  header.add("alg", name_of(key.alg()));
  if (!typ.empty()) header.add("typ", typ);
  if (!key.kid().empty()) header.add("kid", key.kid());
  return {base64url_encode(header.str()), {std::string(name_of(key.alg())), std::string(typ), key.kid()}};
}

std::string sign(const Key& key, std::string_view typ, std::string_view claims_json) {
  std::string token = header_of(key, typ).encoded + '.' + base64url_encode(claims_json);
  const std::string signature = key.sign(token);
  token.append(1, '.').append(base64url_encode(signature));
  if (token.size() > kLongestJwt)
    throw Error(Errc::internal, {}, "a JWT came out longer than verify accepts");
  return token;
}

std::optional<Unchecked> read(std::string_view token, std::span<const KnownHeader> known) {
  if (token.size() > kLongestJwt) return std::nullopt;
  const std::size_t first = token.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  Unchecked out;
  out.payload = token.substr(first + 1, second - first - 1);
  out.signature = token.substr(second + 1);  // a third dot stays in it, and is no base64url
  out.signed_text = token.substr(0, second);
  const std::string_view encoded = token.substr(0, first);
  const auto ours =
      std::find_if(known.begin(), known.end(), [&](const auto& one) { return one.encoded == encoded; });
  if (ours != known.end()) {
    out.header = ours->header;
    return out;
  }
  if (!read_header(encoded, out)) return std::nullopt;
  return out;
}

Checked verify(const Key& key, const Unchecked& token) {
  if (token.header.alg != name_of(key.alg())) return {Verdict::bad_algorithm, {}, {}};
  if (token.is_critical) return {Verdict::critical_header, {}, {}};
  const auto signature = base64url_decode(token.signature);
  auto payload = base64url_decode(token.payload);
  if (!signature || !payload) return {};
  if (!key.verify(token.signed_text, *signature)) return {Verdict::bad_signature, {}, {}};
  return {Verdict::ok, token.header, std::move(*payload)};
}

Checked verify(const Key& key, std::string_view token) {
  const auto unchecked = read(token);
  return unchecked ? verify(key, *unchecked) : Checked{};
}

}  // namespace gatehouse::crypto
