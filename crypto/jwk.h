// Public keys as JSON Web Keys (RFC 7517), for /.well-known/jwks.json and for whoever publishes one to us.
#pragma once

#include <string>
#include <string_view>

#include "crypto/key.h"

namespace gatehouse::crypto {

// Members kty, the public numbers, alg, use ("sig") and, where the key has one, kid. Never a private number.
// Throws Error(internal) for an HMAC secret.
std::string public_jwk(const Key& key);

// The other way. Throws std::invalid_argument for anything but the public half of RS256, ES256 or EdDSA:
// another curve or algorithm, a `use` that is not "sig", a private member.
Key key_from_jwk(std::string_view json);

}  // namespace gatehouse::crypto
