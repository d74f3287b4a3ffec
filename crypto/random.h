// Randomness from OpenSSL's generator, fit for secrets. Throws Error(internal) where there is none.
#pragma once

#include <cstddef>
#include <string>

#include "base/clock.h"

namespace gatehouse::crypto {

std::string random_bytes(std::size_t count);

// That many bytes, of which the first six are the milliseconds since 1970 and the others random, as in a UUID
// of version 7 (RFC 9562 section 5.7). What is made at about the same time lies together in an index: however
// much that holds, new rows write to the same few pages of it.
inline constexpr std::size_t kTimeBytes = 6;
std::string ordered_bytes(Time now, std::size_t count);

// That many random bytes as base64url without padding: 32 bytes are 43 characters.
std::string random_token(std::size_t bytes);

// That many characters of [a-z0-9], each of the 36 as likely as any other.
std::string random_id(std::size_t length);

}  // namespace gatehouse::crypto
