// Sealing: AES-256-GCM under named keys, so that what lies in the database says which key opens it.
// `aad` says where a sealed value belongs (table, column, row): moved elsewhere, it does not open.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"

namespace gatehouse::crypto {

struct SealKey {
  std::string id;
  Secret bytes;  // 32
};

// The keys of VAULT_KEYS: the first seals, all open.
class SealKeys {
 public:
  // `id:base64 of 32 bytes`, separated by commas; an id is 1 to 32 of [A-Za-z0-9_-].
  // Throws std::invalid_argument, which says what is wrong in which entry and repeats nothing of it.
  static SealKeys parse(std::string_view setting);

  const std::vector<SealKey>& all() const { return keys_; }
  const SealKey& sealing() const { return keys_.front(); }
  const SealKey* find(std::string_view id) const;  // nullptr where there is none

 private:
  std::vector<SealKey> keys_;  // never empty
};

// A version byte, the key's id with its length before it, a random nonce of 12 bytes, ciphertext, tag of 16
// bytes.
std::string seal(const SealKeys& keys, std::string_view plaintext, std::string_view aad);

// nullopt: no such key here, changed on the way, or sealed for another `aad`.
std::optional<std::string> open(const SealKeys& keys, std::string_view sealed, std::string_view aad);

// Which key sealed this; nullopt where it is nothing that seal() made.
std::optional<std::string> key_id_of(std::string_view sealed);

// The same under one key of 32 bytes that both sides can derive: no id, another version byte.
std::string seal_under(std::string_view key, std::string_view plaintext, std::string_view aad);
std::optional<std::string> open_under(std::string_view key, std::string_view sealed, std::string_view aad);

}  // namespace gatehouse::crypto
