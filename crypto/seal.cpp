#include "crypto/seal.h"

#include <openssl/evp.h>

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "base/base64.h"
#include "crypto/openssl.h"
#include "crypto/random.h"

namespace gatehouse::crypto {
namespace {

constexpr char kUnderNamedKey = 1;
constexpr char kUnderGivenKey = 2;
constexpr std::size_t kKeySize = 32;
constexpr std::size_t kNonceSize = 12;
constexpr std::size_t kTagSize = 16;
constexpr std::size_t kLongestId = 32;

const EVP_CIPHER* aes_256_gcm() {
  static const EVP_CIPHER* const kFetched =
      require(EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr), "fetching AES-256-GCM");
  return kFetched;
}

int int_size(std::string_view text) {
  require(text.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max()), "AES-256-GCM: too long");
  return static_cast<int>(text.size());
}

Owned<evp_cipher_ctx_st> new_context(std::string_view key) {
  require(key.size() == kKeySize, "AES-256-GCM: a key must have 32 bytes");
  return Owned<evp_cipher_ctx_st>(require(EVP_CIPHER_CTX_new(), "making a cipher context"));
}

// header || nonce || ciphertext || tag. The header is authenticated with the aad: its length is told by its
// own first bytes, so no other split of the two gives the same text.
std::string encrypt(std::string_view key, std::string_view header, std::string_view plaintext,
                    std::string_view aad) {
  const auto context = new_context(key);
  const std::string nonce = random_bytes(kNonceSize);
  std::string out;
  out.reserve(header.size() + kNonceSize + plaintext.size() + kTagSize);
  out.append(header).append(nonce).append(plaintext.size() + kTagSize, '\0');
  unsigned char* const ciphertext = bytes_of(out) + header.size() + kNonceSize;
  int written = 0;
  EVP_CIPHER_CTX* const c = context.get();
  require(EVP_EncryptInit_ex2(c, aes_256_gcm(), bytes_of(key), bytes_of(nonce), nullptr) == 1 &&
              EVP_EncryptUpdate(c, nullptr, &written, bytes_of(header), int_size(header)) == 1 &&
              EVP_EncryptUpdate(c, nullptr, &written, bytes_of(aad), int_size(aad)) == 1 &&
              EVP_EncryptUpdate(c, ciphertext, &written, bytes_of(plaintext), int_size(plaintext)) == 1 &&
              EVP_EncryptFinal_ex(c, ciphertext + plaintext.size(), &written) == 1 &&
              EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, kTagSize, ciphertext + plaintext.size()) == 1,
          "sealing");
  return out;
}

std::optional<std::string> decrypt(std::string_view key, std::size_t header_size, std::string_view sealed,
                                   std::string_view aad) {
  if (sealed.size() < header_size + kNonceSize + kTagSize) return std::nullopt;
  const std::string_view header = sealed.substr(0, header_size);
  const std::string_view nonce = sealed.substr(header_size, kNonceSize);
  const std::string_view body = sealed.substr(header_size + kNonceSize);
  const std::string_view ciphertext = body.substr(0, body.size() - kTagSize);
  std::string tag(body.substr(ciphertext.size()));
  const auto context = new_context(key);
  std::string out(ciphertext.size(), '\0');
  int written = 0;
  EVP_CIPHER_CTX* const c = context.get();
  require(
      EVP_DecryptInit_ex2(c, aes_256_gcm(), bytes_of(key), bytes_of(nonce), nullptr) == 1 &&
          EVP_DecryptUpdate(c, nullptr, &written, bytes_of(header), int_size(header)) == 1 &&
          EVP_DecryptUpdate(c, nullptr, &written, bytes_of(aad), int_size(aad)) == 1 &&
          EVP_DecryptUpdate(c, bytes_of(out), &written, bytes_of(ciphertext), int_size(ciphertext)) == 1 &&
          EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, kTagSize, tag.data()) == 1,
      "opening");
  if (EVP_DecryptFinal_ex(c, bytes_of(out) + out.size(), &written) == 1) return out;
  forget_errors();
  return std::nullopt;
}

bool is_key_id(std::string_view id) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  return !id.empty() && id.size() <= kLongestId && id.find_first_not_of(kAllowed) == std::string_view::npos;
}

SealKey parse_entry(std::string_view entry, std::size_t place) {
  const auto wrong = [place](std::string_view what) {
    return std::invalid_argument("entry " + std::to_string(place) + ": " + std::string(what));
  };
  const std::size_t colon = entry.find(':');
  if (colon == std::string_view::npos) throw wrong("not of the form id:base64");
  const std::string_view id = entry.substr(0, colon);
  if (!is_key_id(id)) throw wrong("the id must be 1 to 32 of A-Z a-z 0-9 _ -");
  auto bytes = base64_decode(entry.substr(colon + 1));
  if (!bytes) throw wrong("the key is not base64 (with its padding, nothing around it)");
  Secret key(std::move(*bytes));
  if (key.reveal().size() != kKeySize) throw wrong("the key must have 32 bytes before base64");
  return {std::string(id), std::move(key)};
}

std::string header_for(const SealKey& key) {
  return std::string{kUnderNamedKey, static_cast<char>(key.id.size())} + key.id;
}

}  // namespace

SealKeys SealKeys::parse(std::string_view setting) {
  SealKeys out;
  std::size_t from = 0;
  while (from <= setting.size()) {
    const std::size_t end = std::min(setting.find(',', from), setting.size());
    const std::size_t place = out.keys_.size() + 1;
    SealKey key = parse_entry(setting.substr(from, end - from), place);
    if (out.find(key.id) != nullptr) {
      throw std::invalid_argument("entry " + std::to_string(place) + ": its id is taken by an earlier one");
    }
    out.keys_.push_back(std::move(key));
    from = end + 1;
  }
  return out;
}

const SealKey* SealKeys::find(std::string_view id) const {
  const auto found = std::ranges::find(keys_, id, &SealKey::id);
  return found == keys_.end() ? nullptr : &*found;
}

std::string seal(const SealKeys& keys, std::string_view plaintext, std::string_view aad) {
  const SealKey& key = keys.sealing();
  return encrypt(key.bytes.reveal(), header_for(key), plaintext, aad);
}

std::optional<std::string> open(const SealKeys& keys, std::string_view sealed, std::string_view aad) {
  const auto id = key_id_of(sealed);
  const SealKey* const key = id ? keys.find(*id) : nullptr;
  if (key == nullptr) return std::nullopt;
  return decrypt(key->bytes.reveal(), header_for(*key).size(), sealed, aad);
}

std::optional<std::string> key_id_of(std::string_view sealed) {
  if (sealed.size() < 2 || sealed[0] != kUnderNamedKey) return std::nullopt;
  const std::size_t length = static_cast<unsigned char>(sealed[1]);
  const std::string_view id = sealed.substr(2, length);
  if (id.size() != length || !is_key_id(id)) return std::nullopt;
  return std::string(id);
}

std::string seal_under(std::string_view key, std::string_view plaintext, std::string_view aad) {
  return encrypt(key, std::string{kUnderGivenKey}, plaintext, aad);
}

std::optional<std::string> open_under(std::string_view key, std::string_view sealed, std::string_view aad) {
  if (sealed.empty() || sealed[0] != kUnderGivenKey) return std::nullopt;
  return decrypt(key, 1, sealed, aad);
}

}  // namespace gatehouse::crypto
