#include "crypto/openssl.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <openssl/x509.h>

#include <array>

#include "base/error.h"

namespace gatehouse::crypto {

void Free::operator()(bignum_st* number) const noexcept { BN_clear_free(number); }
void Free::operator()(bio_st* bio) const noexcept { BIO_free_all(bio); }
void Free::operator()(evp_cipher_ctx_st* context) const noexcept { EVP_CIPHER_CTX_free(context); }
void Free::operator()(evp_kdf_ctx_st* context) const noexcept { EVP_KDF_CTX_free(context); }
void Free::operator()(evp_mac_ctx_st* context) const noexcept { EVP_MAC_CTX_free(context); }
void Free::operator()(evp_md_ctx_st* context) const noexcept { EVP_MD_CTX_free(context); }
void Free::operator()(evp_pkey_ctx_st* context) const noexcept { EVP_PKEY_CTX_free(context); }
void Free::operator()(evp_pkey_st* key) const noexcept { EVP_PKEY_free(key); }
void Free::operator()(ossl_param_bld_st* builder) const noexcept { OSSL_PARAM_BLD_free(builder); }
void Free::operator()(ossl_param_st* params) const noexcept { OSSL_PARAM_free(params); }
void Free::operator()(pkcs8_priv_key_info_st* info) const noexcept { PKCS8_PRIV_KEY_INFO_free(info); }
void Free::operator()(ECDSA_SIG_st* signature) const noexcept { ECDSA_SIG_free(signature); }

void fail(std::string_view doing) {
  std::string cause(doing);
  if (const unsigned long code = ERR_peek_last_error(); code != 0) {
    std::array<char, 256> reason{};
    ERR_error_string_n(code, reason.data(), reason.size());
    cause.append(": ").append(reason.data());
  }
  ERR_clear_error();
  throw Error(Errc::internal, {}, cause);
}

void forget_errors() noexcept { ERR_clear_error(); }

}  // namespace gatehouse::crypto
