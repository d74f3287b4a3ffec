#include "crypto/jwk.h"

#include <stdexcept>
#include <utility>

#include "base/base64.h"
#include "base/error.h"
#include "base/json.h"

namespace gatehouse::crypto {
namespace {

struct Form {
  Alg alg;
  std::string_view kty;
  std::string_view crv;
};

constexpr Form kForms[]{
    {Alg::rs256, "RSA", ""},
    {Alg::es256, "EC", "P-256"},    // RFC 7518 section 6.2
    {Alg::eddsa, "OKP", "Ed25519"}  // RFC 8037 section 2
};

[[noreturn]] void refuse(const std::string& why) { throw std::invalid_argument("JWK: " + why); }

json::Document parse(std::string_view text) {
  try {
    return json::Document::parse(text);
  } catch (const Error&) {
    refuse("not valid JSON");
  }
}

// The member's text; empty where it is not there.
std::string text_of(const json::Value& jwk, const std::string& name) {
  const auto member = jwk.find(name);
  if (!member) return {};
  const auto text = member->text();
  if (!text) refuse(name + " is not a text");
  return std::string(*text);
}

std::string number_of(const json::Value& jwk, const std::string& name) {
  auto bytes = base64url_decode(text_of(jwk, name));
  if (!bytes) refuse(name + " is not base64url");
  return std::move(*bytes);
}

Alg alg_of(const json::Value& jwk) {
  const std::string kty = text_of(jwk, "kty");
  const std::string crv = text_of(jwk, "crv");
  const std::string alg = text_of(jwk, "alg");
  for (const Form& form : kForms) {
    if (form.kty == kty && form.crv == crv && (alg.empty() || alg == name_of(form.alg))) return form.alg;
  }
  refuse("kty, crv and alg name none of RS256, ES256 on P-256, EdDSA on Ed25519");
}

}  // namespace

std::string public_jwk(const Key& key) {
  const PublicNumbers numbers = key.public_numbers();
  json::Object out;
  for (const Form& form : kForms) {
    if (form.alg != key.alg()) continue;
    out.add("kty", form.kty);
    if (!form.crv.empty()) out.add("crv", form.crv);
  }
  const auto add = [&out](std::string_view name, const std::string& bytes) {
    if (!bytes.empty()) out.add(name, base64url_encode(bytes));
  };
  add("n", numbers.n);
  add("e", numbers.e);
  add("x", numbers.x);
  add("y", numbers.y);
  out.add("alg", name_of(key.alg())).add("use", "sig");
  if (!key.kid().empty()) out.add("kid", key.kid());
  return out.str();
}

Key key_from_jwk(std::string_view json) {
  const auto document = parse(json);
  const json::Value jwk = document.root();
  if (!jwk.is_object()) refuse("not an object");
  if (jwk.find("d") || jwk.find("k")) refuse("it holds a private key");
  const std::string use = text_of(jwk, "use");
  if (!use.empty() && use != "sig") refuse("its use is not sig");
  const Alg alg = alg_of(jwk);
  const PublicNumbers numbers{number_of(jwk, "n"), number_of(jwk, "e"), number_of(jwk, "x"),
                              number_of(jwk, "y")};
  return Key::from_public_numbers(alg, numbers, text_of(jwk, "kid"));
}

}  // namespace gatehouse::crypto
