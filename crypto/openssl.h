// Owners of OpenSSL's objects and the one way its failures become ours; for the .cpp files of this folder.
// Names OpenSSL's types without including its headers, so that no header of ours does.
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct bignum_st;
struct bio_st;
struct evp_cipher_ctx_st;
struct evp_kdf_ctx_st;
struct evp_mac_ctx_st;
struct evp_md_ctx_st;
struct evp_pkey_ctx_st;
struct evp_pkey_st;
struct ossl_param_bld_st;
struct ossl_param_st;
struct pkcs8_priv_key_info_st;
struct ECDSA_SIG_st;

namespace gatehouse::crypto {

struct Free {
  void operator()(bignum_st* number) const noexcept;
  void operator()(bio_st* bio) const noexcept;
  void operator()(evp_cipher_ctx_st* context) const noexcept;
  void operator()(evp_kdf_ctx_st* context) const noexcept;
  void operator()(evp_mac_ctx_st* context) const noexcept;
  void operator()(evp_md_ctx_st* context) const noexcept;
  void operator()(evp_pkey_ctx_st* context) const noexcept;
  void operator()(evp_pkey_st* key) const noexcept;
  void operator()(ossl_param_bld_st* builder) const noexcept;
  void operator()(ossl_param_st* params) const noexcept;
  void operator()(pkcs8_priv_key_info_st* info) const noexcept;
  void operator()(ECDSA_SIG_st* signature) const noexcept;
};

template <class T>
using Owned = std::unique_ptr<T, Free>;

// Throws Error(internal) with `doing` and OpenSSL's reason as its cause, and empties OpenSSL's error queue.
[[noreturn]] void fail(std::string_view doing);

inline void require(bool ok, std::string_view doing) {
  if (!ok) fail(doing);
}

template <class T>
T* require(T* made, std::string_view doing) {
  if (made == nullptr) fail(doing);
  return made;
}

// After an expected failure (a wrong signature, say). libcurl's TLS reads the same queue, and takes what it
// finds there for its own.
void forget_errors() noexcept;

inline const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
inline unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

}  // namespace gatehouse::crypto
