// A key and the one algorithm it may be used with (RFC 8725 section 3.1): what a token says about its
// algorithm can never choose how it is checked. Copies are cheap and share the material.
// Importers throw std::invalid_argument, which says what is wrong and repeats nothing of the key.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"

namespace gatehouse::crypto {

enum class Alg { hs256, rs256, es256, eddsa };

std::string_view name_of(Alg alg);  // "HS256", as RFC 7518 and RFC 8037 write it
std::optional<Alg> alg_named(std::string_view name);

// As RFC 7518 section 6 and RFC 8037 section 2 name them, raw bytes: RS256 has n and e, ES256 x and y, EdDSA
// x.
struct PublicNumbers {
  std::string n, e, x, y;
};

class Key {
 public:
  // RFC 7518 section 3.2: at least 32 bytes.
  static Key hmac(std::string_view secret, std::string kid = {});
  // A new pair: RS256 of 2048 bits, ES256 on P-256, EdDSA on Ed25519.
  static Key generate(Alg alg, std::string kid = {});

  // The algorithm follows from the key: RSA of 2048 to 8192 bits is RS256, P-256 is ES256, Ed25519 is EdDSA.
  static Key from_pkcs8(std::string_view der, std::string kid = {});
  static Key from_private_pem(std::string_view pem,
                              std::string kid = {});  // PKCS#8 or the older forms, no password
  static Key from_public_pem(std::string_view pem, std::string kid = {});
  static Key from_public_numbers(Alg alg, const PublicNumbers& numbers, std::string kid = {});

  // The same material under another name.
  Key named(std::string kid) const;

  Alg alg() const { return alg_; }
  const std::string& kid() const { return kid_; }  // empty: none
  bool can_sign() const;

  // These four throw Error(internal) where this key is an HMAC secret, the first two also where it is public
  // only.
  Secret pkcs8() const;
  Secret private_pem() const;
  std::string public_pem() const;
  PublicNumbers public_numbers() const;

  // The signature as JWS carries it (RFC 7518 section 3): for ES256 that is r and s, 64 bytes.
  // Throws Error(internal) for a key that can only verify.
  std::string sign(std::string_view data) const;
  bool verify(std::string_view data, std::string_view signature) const;

 private:
  struct Material;
  Key(Alg alg, std::string kid, std::shared_ptr<const Material> material);
  static Key imported(Material material, std::string kid);

  Alg alg_;
  std::string kid_;
  std::shared_ptr<const Material> material_;
};

}  // namespace gatehouse::crypto
