// Randomness from OpenSSL's generator, fit for secrets. Throws Error(internal) where there is none.
#pragma once

#include <cstddef>
#include <string>

namespace gatehouse::crypto {

std::string random_bytes(std::size_t count);

// That many random bytes as base64url without padding: 32 bytes are 43 characters.
std::string random_token(std::size_t bytes);

// That many characters of [a-z0-9], each of the 36 as likely as any other.
std::string random_id(std::size_t length);

}  // namespace gatehouse::crypto
