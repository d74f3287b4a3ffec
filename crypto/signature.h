// RS256, ES256 and EdDSA with a pair of OpenSSL's; what Key is made of, and for nobody else.
#pragma once

#include <string>
#include <string_view>

#include "crypto/key.h"
#include "crypto/openssl.h"

namespace gatehouse::crypto {

// The signature as JWS carries it. `key` must be of the kind that `alg` asks for.
std::string make_signature(evp_pkey_st* key, Alg alg, std::string_view data);
bool check_signature(evp_pkey_st* key, Alg alg, std::string_view data, std::string_view signature);

}  // namespace gatehouse::crypto
