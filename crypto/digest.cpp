#include "crypto/digest.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <array>

namespace gatehouse::crypto {
namespace {

constexpr std::size_t kDigestSize = 32;

// Each algorithm is fetched once and kept: a fetch costs more than the digest of a token does.
const EVP_MD* sha256_algorithm() {
  static const EVP_MD* const kFetched = require(EVP_MD_fetch(nullptr, "SHA256", nullptr), "fetching SHA256");
  return kFetched;
}

EVP_MAC* hmac_algorithm() {
  static EVP_MAC* const kFetched = require(EVP_MAC_fetch(nullptr, "HMAC", nullptr), "fetching HMAC");
  return kFetched;
}

EVP_KDF* hkdf_algorithm() {
  static EVP_KDF* const kFetched = require(EVP_KDF_fetch(nullptr, "HKDF", nullptr), "fetching HKDF");
  return kFetched;
}

OSSL_PARAM octets(const char* name, std::string_view value) {
  // OSSL_PARAM has no const, and only reads what it is given here.
  return OSSL_PARAM_construct_octet_string(name, const_cast<char*>(value.data()), value.size());
}

OSSL_PARAM digest_is_sha256(const char* name) {
  static std::array<char, 7> sha256_name{"SHA256"};
  return OSSL_PARAM_construct_utf8_string(name, sha256_name.data(), 0);
}

}  // namespace

std::string sha256(std::string_view data) {
  std::string out(kDigestSize, '\0');
  require(EVP_Digest(data.data(), data.size(), bytes_of(out), nullptr, sha256_algorithm(), nullptr) == 1,
          "sha256");
  return out;
}

HmacSha256::HmacSha256(std::string_view key)
    : keyed_(require(EVP_MAC_CTX_new(hmac_algorithm()), "making an HMAC context")) {
  const std::array params{digest_is_sha256(OSSL_MAC_PARAM_DIGEST), OSSL_PARAM_construct_end()};
  // To OpenSSL a null key means "keep the one you have", which is not the empty key.
  const std::string_view given = key.data() == nullptr ? std::string_view("") : key;
  require(EVP_MAC_init(keyed_.get(), bytes_of(given), given.size(), params.data()) == 1, "keying an HMAC");
}

std::string HmacSha256::of(std::string_view data) const {
  const Owned<evp_mac_ctx_st> context(require(EVP_MAC_CTX_dup(keyed_.get()), "copying an HMAC context"));
  std::string out(kDigestSize, '\0');
  std::size_t written = 0;
  require(EVP_MAC_update(context.get(), bytes_of(data), data.size()) == 1 &&
              EVP_MAC_final(context.get(), bytes_of(out), &written, out.size()) == 1 && written == out.size(),
          "hmac");
  return out;
}

std::string hmac_sha256(std::string_view key, std::string_view data) { return HmacSha256(key).of(data); }

std::string hkdf_sha256(std::string_view key, std::string_view label, std::size_t length,
                        std::string_view salt) {
  const Owned<evp_kdf_ctx_st> context(require(EVP_KDF_CTX_new(hkdf_algorithm()), "making an HKDF context"));
  std::array params{digest_is_sha256(OSSL_KDF_PARAM_DIGEST), octets(OSSL_KDF_PARAM_KEY, key),
                    octets(OSSL_KDF_PARAM_INFO, label), OSSL_PARAM_construct_end(),
                    OSSL_PARAM_construct_end()};
  if (!salt.empty()) params[3] = octets(OSSL_KDF_PARAM_SALT, salt);
  std::string out(length, '\0');
  require(EVP_KDF_derive(context.get(), bytes_of(out), out.size(), params.data()) == 1, "hkdf");
  return out;
}

bool equal_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const unsigned byte = static_cast<unsigned char>(c);
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

}  // namespace gatehouse::crypto
