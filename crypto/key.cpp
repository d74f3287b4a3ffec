#include "crypto/key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <array>
#include <stdexcept>
#include <utility>

#include "crypto/digest.h"
#include "crypto/openssl.h"
#include "crypto/signature.h"

namespace gatehouse::crypto {
namespace {

constexpr std::size_t kSmallestSecret = 32;
constexpr int kSmallestRsa = 2048;  // RFC 7518 section 3.3
constexpr int kLargestRsa = 8192;   // checking a signature under a larger one costs too much
constexpr int kLargestExponentBits = 32;
constexpr std::size_t kCoordinateSize = 32;
constexpr const char* kP256 = "prime256v1";

// In the order of Alg.
constexpr std::array<std::string_view, 4> kNames{"HS256", "RS256", "ES256", "EdDSA"};

using PkeyPtr = Owned<evp_pkey_st>;
using BioPtr = Owned<bio_st>;
using NumberPtr = Owned<bignum_st>;

// OpenSSL's reasons say nothing about the key's value, but nothing useful to a reader either.
[[noreturn]] void refuse(const char* why) {
  forget_errors();
  throw std::invalid_argument(why);
}

BioPtr reading(std::string_view text) {
  if (text.empty() || text.size() > std::size_t{1} << 20U) refuse("the key is empty or longer than 1 MiB");
  return BioPtr(require(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), "reading a key"));
}

BioPtr writing() { return BioPtr(require(BIO_new(BIO_s_mem()), "writing a key")); }

std::string written(const BioPtr& bio) {
  const char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

// Without it OpenSSL asks for the password of an encrypted key on the terminal, and waits.
int no_password(char*, int, int, void*) { return -1; }

NumberPtr number_of(const evp_pkey_st* key, const char* name) {
  BIGNUM* number = nullptr;
  require(EVP_PKEY_get_bn_param(key, name, &number) == 1, "reading a number of a key");
  return NumberPtr(number);
}

std::string padded(const bignum_st* number, std::size_t size) {
  std::string out(size, '\0');
  require(BN_bn2binpad(number, bytes_of(out), static_cast<int>(size)) == static_cast<int>(size),
          "a number is too large");
  return out;
}

std::string shortest(const NumberPtr& number) {
  return padded(number.get(), static_cast<std::size_t>(BN_num_bytes(number.get())));
}

NumberPtr to_number(std::string_view big_endian) {
  if (big_endian.size() > std::size_t{kLargestRsa} / 8) refuse("a number of the key is too large");
  return NumberPtr(require(BN_bin2bn(bytes_of(big_endian), static_cast<int>(big_endian.size()), nullptr),
                           "making a number"));
}

Alg rsa_alg(const evp_pkey_st* key) {
  const int bits = EVP_PKEY_get_bits(key);
  if (bits < kSmallestRsa || bits > kLargestRsa) refuse("an RSA key must have 2048 to 8192 bits");
  const NumberPtr e = number_of(key, OSSL_PKEY_PARAM_RSA_E);
  if (!BN_is_odd(e.get()) || BN_is_one(e.get()) || BN_num_bits(e.get()) > kLargestExponentBits) {
    refuse("the RSA key's exponent must be odd, more than 1 and less than 2^32");
  }
  return Alg::rs256;
}

Alg alg_of(const evp_pkey_st* key) {
  if (EVP_PKEY_is_a(key, "RSA") == 1) return rsa_alg(key);
  if (EVP_PKEY_is_a(key, "ED25519") == 1) return Alg::eddsa;
  std::array<char, 64> curve{};
  if (EVP_PKEY_is_a(key, "EC") == 1 &&
      EVP_PKEY_get_group_name(key, curve.data(), curve.size(), nullptr) == 1 &&
      std::string_view(curve.data()) == kP256) {
    return Alg::es256;
  }
  refuse("the key is none of RSA, EC on P-256, Ed25519");
}

PkeyPtr from_data(const char* type, ossl_param_bld_st* builder) {
  const Owned<ossl_param_st> params(require(OSSL_PARAM_BLD_to_param(builder), "building a key"));
  const Owned<evp_pkey_ctx_st> context(
      require(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr), "building a key"));
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    refuse("the numbers are no public key");
  }
  return PkeyPtr(key);
}

PkeyPtr rsa_from(const PublicNumbers& numbers) {
  const NumberPtr n = to_number(numbers.n);
  const NumberPtr e = to_number(numbers.e);
  if (!BN_is_odd(n.get())) refuse("the RSA key's modulus is even");
  const Owned<ossl_param_bld_st> builder(require(OSSL_PARAM_BLD_new(), "building a key"));
  require(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) == 1 &&
              OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) == 1,
          "building a key");
  return from_data("RSA", builder.get());
}

PkeyPtr p256_from(const PublicNumbers& numbers) {
  // RFC 7518 section 6.2.1.2: the full size of a coordinate, leading zeros included.
  if (numbers.x.size() != kCoordinateSize || numbers.y.size() != kCoordinateSize) {
    refuse("the coordinates of a P-256 key must have 32 bytes");
  }
  const std::string point = '\x04' + numbers.x + numbers.y;  // SEC 1 section 2.3.3, uncompressed
  const Owned<ossl_param_bld_st> builder(require(OSSL_PARAM_BLD_new(), "building a key"));
  require(OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, kP256, 0) == 1 &&
              OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                               point.size()) == 1,
          "building a key");
  return from_data("EC", builder.get());  // refuses a point that is not on the curve
}

PkeyPtr ed25519_from(const PublicNumbers& numbers) {
  PkeyPtr key(
      EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, bytes_of(numbers.x), numbers.x.size()));
  if (!key) refuse("an Ed25519 key must have 32 bytes");
  return key;
}

}  // namespace

std::string_view name_of(Alg alg) { return kNames[static_cast<std::size_t>(alg)]; }

std::optional<Alg> alg_named(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Alg>(i);
  }
  return std::nullopt;
}

// One of the two is set.
struct Key::Material {
  std::optional<HmacSha256> hmac;
  PkeyPtr pkey;
  bool can_sign = false;

  evp_pkey_st* pair(const char* doing) const {
    require(pkey != nullptr, doing);
    return pkey.get();
  }
  evp_pkey_st* whole_pair(const char* doing) const {
    require(pkey != nullptr && can_sign, doing);
    return pkey.get();
  }
};

Key::Key(Alg alg, std::string kid, std::shared_ptr<const Material> material)
    : alg_(alg), kid_(std::move(kid)), material_(std::move(material)) {}

Key Key::hmac(std::string_view secret, std::string kid) {
  if (secret.size() < kSmallestSecret) refuse("an HS256 secret must have at least 32 bytes");
  return {Alg::hs256, std::move(kid),
          std::make_shared<Material>(Material{HmacSha256(secret), nullptr, true})};
}

Key Key::generate(Alg alg, std::string kid) {
  PkeyPtr pkey;
  if (alg == Alg::rs256) pkey.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{kSmallestRsa}));
  if (alg == Alg::es256) pkey.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", kP256));
  if (alg == Alg::eddsa) pkey.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  if (alg == Alg::hs256) refuse("an HS256 key is a secret, not a pair");
  require(pkey != nullptr, "generating a key");
  return {alg, std::move(kid), std::make_shared<Material>(Material{std::nullopt, std::move(pkey), true})};
}

Key Key::imported(Material material, std::string kid) {
  const Alg alg = alg_of(material.pkey.get());
  Key key(alg, std::move(kid), std::make_shared<Material>(std::move(material)));
  // Cheaper than OpenSSL's own check of a pair (35 ms for RSA) and to the point: halves of two pairs fail
  // here.
  if (key.can_sign() && !key.verify("probe", key.sign("probe"))) refuse("the key's two halves do not fit");
  return key;
}

Key Key::from_pkcs8(std::string_view der, std::string kid) {
  const unsigned char* at = bytes_of(der);
  const Owned<pkcs8_priv_key_info_st> info(
      d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, static_cast<long>(der.size())));
  if (!info || at != bytes_of(der) + der.size()) refuse("not a PKCS#8 private key");
  PkeyPtr pkey(EVP_PKCS82PKEY(info.get()));
  if (!pkey) refuse("the PKCS#8 private key cannot be read");
  return imported({std::nullopt, std::move(pkey), true}, std::move(kid));
}

Key Key::from_private_pem(std::string_view pem, std::string kid) {
  PkeyPtr pkey(PEM_read_bio_PrivateKey(reading(pem).get(), nullptr, no_password, nullptr));
  if (!pkey) refuse("not a private key in PEM without a password");
  return imported({std::nullopt, std::move(pkey), true}, std::move(kid));
}

Key Key::from_public_pem(std::string_view pem, std::string kid) {
  PkeyPtr pkey(PEM_read_bio_PUBKEY(reading(pem).get(), nullptr, no_password, nullptr));
  if (!pkey) refuse("not a public key in PEM");
  return imported({std::nullopt, std::move(pkey), false}, std::move(kid));
}

Key Key::from_public_numbers(Alg alg, const PublicNumbers& numbers, std::string kid) {
  PkeyPtr pkey;
  if (alg == Alg::rs256) pkey = rsa_from(numbers);
  if (alg == Alg::es256) pkey = p256_from(numbers);
  if (alg == Alg::eddsa) pkey = ed25519_from(numbers);
  if (!pkey) refuse("an HS256 key has no public numbers");
  return imported({std::nullopt, std::move(pkey), false}, std::move(kid));
}

Key Key::named(std::string kid) const { return Key(alg_, std::move(kid), material_); }

bool Key::can_sign() const { return material_->can_sign; }

Secret Key::pkcs8() const {
  const BioPtr out = writing();
  evp_pkey_st* const pair = material_->whole_pair("exporting a key that is not a whole pair");
  require(i2d_PKCS8PrivateKeyInfo_bio(out.get(), pair) == 1, "writing a key");
  return Secret(written(out));
}

Secret Key::private_pem() const {
  const BioPtr out = writing();
  evp_pkey_st* const pair = material_->whole_pair("exporting a key that is not a whole pair");
  require(PEM_write_bio_PKCS8PrivateKey(out.get(), pair, nullptr, nullptr, 0, nullptr, nullptr) == 1,
          "writing a key");
  return Secret(written(out));
}

std::string Key::public_pem() const {
  const BioPtr out = writing();
  require(PEM_write_bio_PUBKEY(out.get(), material_->pair("an HS256 key has no public half")) == 1,
          "writing a key");
  return written(out);
}

PublicNumbers Key::public_numbers() const {
  const evp_pkey_st* const pair = material_->pair("an HS256 key has no public half");
  PublicNumbers out;
  if (alg_ == Alg::rs256) {
    out.n = shortest(number_of(pair, OSSL_PKEY_PARAM_RSA_N));
    out.e = shortest(number_of(pair, OSSL_PKEY_PARAM_RSA_E));
  } else if (alg_ == Alg::es256) {
    out.x = padded(number_of(pair, OSSL_PKEY_PARAM_EC_PUB_X).get(), kCoordinateSize);
    out.y = padded(number_of(pair, OSSL_PKEY_PARAM_EC_PUB_Y).get(), kCoordinateSize);
  } else {
    out.x.resize(kCoordinateSize);
    std::size_t size = out.x.size();
    require(EVP_PKEY_get_raw_public_key(pair, bytes_of(out.x), &size) == 1 && size == out.x.size(),
            "reading an Ed25519 key");
  }
  return out;
}

std::string Key::sign(std::string_view data) const {
  require(can_sign(), "signing with a key that can only verify");
  return material_->hmac ? material_->hmac->of(data) : make_signature(material_->pkey.get(), alg_, data);
}

bool Key::verify(std::string_view data, std::string_view signature) const {
  if (material_->hmac) return equal_constant_time(material_->hmac->of(data), signature);
  return check_signature(material_->pkey.get(), alg_, data, signature);
}

}  // namespace gatehouse::crypto
