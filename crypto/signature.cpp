#include "crypto/signature.h"

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>

namespace gatehouse::crypto {
namespace {

constexpr std::size_t kScalarSize = 32;

std::string padded(const bignum_st* number) {
  std::string out(kScalarSize, '\0');
  require(BN_bn2binpad(number, bytes_of(out), static_cast<int>(kScalarSize)) > 0, "writing a signature");
  return out;
}

Owned<bignum_st> to_number(std::string_view scalar) {
  return Owned<bignum_st>(
      require(BN_bin2bn(bytes_of(scalar), static_cast<int>(scalar.size()), nullptr), "making a signature"));
}

// RFC 7518 section 3.4: r and s as 32 bytes each, where OpenSSL speaks DER.
std::string joined_from_der(std::string_view der) {
  const unsigned char* at = bytes_of(der);
  const Owned<ECDSA_SIG_st> both(
      require(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())), "reading a signature"));
  return padded(ECDSA_SIG_get0_r(both.get())) + padded(ECDSA_SIG_get0_s(both.get()));
}

std::string der_from_joined(std::string_view joined) {
  const Owned<ECDSA_SIG_st> both(require(ECDSA_SIG_new(), "making a signature"));
  Owned<bignum_st> r = to_number(joined.substr(0, kScalarSize));
  Owned<bignum_st> s = to_number(joined.substr(kScalarSize));
  require(ECDSA_SIG_set0(both.get(), r.release(), s.release()) == 1, "making a signature");
  const int size = i2d_ECDSA_SIG(both.get(), nullptr);
  require(size > 0, "writing a signature");
  std::string der(static_cast<std::size_t>(size), '\0');
  unsigned char* at = bytes_of(der);
  require(i2d_ECDSA_SIG(both.get(), &at) == size, "writing a signature");
  return der;
}

const char* digest_for(Alg alg) { return alg == Alg::eddsa ? nullptr : "SHA256"; }

}  // namespace

std::string make_signature(evp_pkey_st* key, Alg alg, std::string_view data) {
  const Owned<evp_md_ctx_st> context(require(EVP_MD_CTX_new(), "signing"));
  require(EVP_DigestSignInit_ex(context.get(), nullptr, digest_for(alg), nullptr, nullptr, key, nullptr) == 1,
          "signing");
  std::string out(static_cast<std::size_t>(EVP_PKEY_get_size(key)), '\0');
  std::size_t size = out.size();
  require(EVP_DigestSign(context.get(), bytes_of(out), &size, bytes_of(data), data.size()) == 1, "signing");
  out.resize(size);
  return alg == Alg::es256 ? joined_from_der(out) : out;
}

bool check_signature(evp_pkey_st* key, Alg alg, std::string_view data, std::string_view signature) {
  std::string der;
  if (alg == Alg::es256) {
    if (signature.size() != 2 * kScalarSize) return false;
    signature = der = der_from_joined(signature);
  }
  const Owned<evp_md_ctx_st> context(require(EVP_MD_CTX_new(), "verifying"));
  require(
      EVP_DigestVerifyInit_ex(context.get(), nullptr, digest_for(alg), nullptr, nullptr, key, nullptr) == 1,
      "verifying");
  if (EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(data), data.size()) ==
      1) {
    return true;
  }
  forget_errors();
  return false;
}

}  // namespace gatehouse::crypto
