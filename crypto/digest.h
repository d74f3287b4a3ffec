// SHA-256 and what is built on it. Results are raw bytes.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "crypto/openssl.h"

namespace gatehouse::crypto {

std::string sha256(std::string_view data);  // 32 bytes

// HMAC-SHA-256 (RFC 2104) with the key's part of the work done once.
class HmacSha256 {
 public:
  explicit HmacSha256(std::string_view key);
  std::string of(std::string_view data) const;  // 32 bytes

 private:
  Owned<evp_mac_ctx_st> keyed_;
};

std::string hmac_sha256(std::string_view key, std::string_view data);

// RFC 5869. `label` is its `info`: two labels under one key give two unrelated keys.
std::string hkdf_sha256(std::string_view key, std::string_view label, std::size_t length,
                        std::string_view salt = {});

// Takes the same time wherever the two differ. Only their lengths may show.
bool equal_constant_time(std::string_view a, std::string_view b);

std::string hex(std::string_view bytes);  // lower case

}  // namespace gatehouse::crypto
