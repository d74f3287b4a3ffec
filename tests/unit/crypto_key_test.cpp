#include <gtest/gtest.h>

#include <array>
#include <stdexcept>
#include <string>

#include "base/base64.h"
#include "base/error.h"
#include "crypto/key.h"

namespace gatehouse::crypto {
namespace {

// Two of each for all tests: making an RSA pair takes longer than all else here.
const Key& pair_for(Alg alg, std::size_t which) {
  static const std::array kRsa{Key::generate(Alg::rs256, "k1"), Key::generate(Alg::rs256, "k1")};
  static const std::array kEc{Key::generate(Alg::es256, "k1"), Key::generate(Alg::es256, "k1")};
  static const std::array kEd{Key::generate(Alg::eddsa, "k1"), Key::generate(Alg::eddsa, "k1")};
  return (alg == Alg::rs256 ? kRsa : alg == Alg::es256 ? kEc : kEd).at(which);
}

class Pair : public testing::TestWithParam<Alg> {
 protected:
  const Key& key_ = pair_for(GetParam(), 0);
  const Key& other_ = pair_for(GetParam(), 1);
  Key public_half() const { return Key::from_public_pem(key_.public_pem(), "k1"); }
};

TEST_P(Pair, VerifiesWhatItSigned) {
  const std::string signature = key_.sign("text");
  EXPECT_TRUE(key_.verify("text", signature));
  EXPECT_TRUE(public_half().verify("text", signature));
  EXPECT_FALSE(key_.verify("Text", signature));
  EXPECT_FALSE(other_.verify("text", signature));
}

TEST_P(Pair, RefusesAChangedSignature) {
  const std::string signature = key_.sign("text");
  for (std::size_t at = 0; at < signature.size(); ++at) {
    std::string changed = signature;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    EXPECT_FALSE(key_.verify("text", changed)) << at;
  }
}

TEST_P(Pair, RefusesASignatureOfAnotherSize) {
  const std::string signature = key_.sign("text");
  EXPECT_FALSE(key_.verify("text", ""));
  EXPECT_FALSE(key_.verify("text", {}));
  EXPECT_FALSE(key_.verify("text", signature.substr(1)));
  EXPECT_FALSE(key_.verify("text", signature + '\0'));
  EXPECT_FALSE(key_.verify("text", std::string(signature.size(), '\0')));
  EXPECT_FALSE(key_.verify("text", std::string(signature.size(), '\xff')));
}

TEST_P(Pair, ComesBackFromPkcs8) {
  const Key back = Key::from_pkcs8(key_.pkcs8().reveal(), "k1");
  EXPECT_EQ(back.alg(), GetParam());
  EXPECT_EQ(back.kid(), "k1");
  EXPECT_TRUE(key_.verify("text", back.sign("text")));
}

TEST_P(Pair, ComesBackFromPem) {
  const Secret pem = key_.private_pem();
  EXPECT_TRUE(pem.reveal().starts_with("-----BEGIN PRIVATE KEY-----\n"));
  EXPECT_TRUE(key_.verify("text", Key::from_private_pem(pem.reveal()).sign("text")));
  EXPECT_TRUE(key_.public_pem().starts_with("-----BEGIN PUBLIC KEY-----\n"));
}

TEST_P(Pair, ComesBackFromItsPublicNumbers) {
  const Key back = Key::from_public_numbers(GetParam(), key_.public_numbers());
  EXPECT_TRUE(back.verify("text", key_.sign("text")));
  EXPECT_FALSE(back.can_sign());
}

TEST_P(Pair, ItsPublicHalfSignsAndExportsNothing) {
  EXPECT_TRUE(key_.can_sign());
  EXPECT_FALSE(public_half().can_sign());
  EXPECT_THROW(public_half().sign("text"), Error);
  EXPECT_THROW(public_half().pkcs8(), Error);
  EXPECT_THROW(public_half().private_pem(), Error);
}

TEST_P(Pair, IsNotReadFromWhatIsCutOrLengthened) {
  const std::string der(key_.pkcs8().reveal());
  EXPECT_THROW(Key::from_pkcs8(der.substr(0, der.size() - 1)), std::invalid_argument);
  EXPECT_THROW(Key::from_pkcs8(der + 'x'), std::invalid_argument);
  EXPECT_THROW(Key::from_private_pem(key_.public_pem()), std::invalid_argument);
}

INSTANTIATE_TEST_SUITE_P(Every, Pair, testing::Values(Alg::rs256, Alg::es256, Alg::eddsa),
                         [](const auto& test) { return std::string(name_of(test.param)); });

TEST(Key, NamesItsAlgorithmAsRfc7518Does) {
  EXPECT_EQ(name_of(Alg::hs256), "HS256");
  EXPECT_EQ(name_of(Alg::rs256), "RS256");
  EXPECT_EQ(name_of(Alg::es256), "ES256");
  EXPECT_EQ(name_of(Alg::eddsa), "EdDSA");
  EXPECT_EQ(alg_named("EdDSA"), Alg::eddsa);
  EXPECT_EQ(alg_named("none"), std::nullopt);
  EXPECT_EQ(alg_named("hs256"), std::nullopt);
}

TEST(Key, AnHmacSecretHasAtLeast32Bytes) {
  EXPECT_THROW(Key::hmac(std::string(31, 's')), std::invalid_argument);
  EXPECT_TRUE(Key::hmac(std::string(32, 's')).can_sign());
}

TEST(Key, AnHmacSecretHasNoOtherForm) {
  const Key key = Key::hmac(std::string(32, 's'));
  EXPECT_THROW(key.pkcs8(), Error);
  EXPECT_THROW(key.private_pem(), Error);
  EXPECT_THROW(key.public_pem(), Error);
  EXPECT_THROW(key.public_numbers(), Error);
  EXPECT_THROW(Key::generate(Alg::hs256), std::invalid_argument);
}

TEST(Key, AnEs256SignatureIsRAndSIn64Bytes) {
  const Key key = Key::generate(Alg::es256);
  // One in 128 has a leading zero in r or s, which DER would drop.
  for (int i = 0; i < 600; ++i) {
    const std::string signature = key.sign(std::to_string(i));
    ASSERT_EQ(signature.size(), 64U);
    ASSERT_TRUE(key.verify(std::to_string(i), signature));
  }
}

TEST(Key, RefusesAPairWhoseHalvesDoNotFit) {
  const std::string der(Key::generate(Alg::es256).pkcs8().reveal());
  const PublicNumbers other = Key::generate(Alg::es256).public_numbers();
  // RFC 5915 section 3: the public point is what the private key ends with.
  const std::string patched = der.substr(0, der.size() - 64) + other.x + other.y;
  EXPECT_THROW(Key::from_pkcs8(patched), std::invalid_argument);
  EXPECT_NO_THROW(Key::from_pkcs8(der));
}

TEST(Key, RefusesAPointOffTheCurve) {
  PublicNumbers numbers = Key::generate(Alg::es256).public_numbers();
  numbers.y.back() = static_cast<char>(numbers.y.back() ^ 1);
  EXPECT_THROW(Key::from_public_numbers(Alg::es256, numbers), std::invalid_argument);
  EXPECT_THROW(Key::from_public_numbers(Alg::es256, {{}, {}, std::string(32, '\0'), std::string(32, '\0')}),
               std::invalid_argument);
}

TEST(Key, RefusesCoordinatesThatAreWholeOnlyTogether) {
  const PublicNumbers good = Key::generate(Alg::es256).public_numbers();
  const PublicNumbers shifted{{}, {}, good.x.substr(0, 31), good.x.substr(31) + good.y};
  EXPECT_THROW(Key::from_public_numbers(Alg::es256, shifted), std::invalid_argument);
}

TEST(Key, RefusesWeakRsaKeys) {
  const PublicNumbers good = pair_for(Alg::rs256, 0).public_numbers();
  const auto with = [](const std::string& n, const std::string& e) {
    return Key::from_public_numbers(Alg::rs256, {n, e, {}, {}});
  };
  EXPECT_NO_THROW(with(good.n, good.e));
  EXPECT_THROW(with(good.n.substr(0, 255), good.e), std::invalid_argument);            // 2040 bits
  EXPECT_THROW(with(good.n + std::string(800, '\1'), good.e), std::invalid_argument);  // 8448 bits
  EXPECT_THROW(with(good.n.substr(0, 255) + '\x02', good.e), std::invalid_argument);
  EXPECT_THROW(with(good.n, "\x01"), std::invalid_argument);
  EXPECT_THROW(with(good.n, "\x04"), std::invalid_argument);
  EXPECT_THROW(with(good.n, "\x01\x01\x01\x01\x01"), std::invalid_argument);
  EXPECT_THROW(with("", ""), std::invalid_argument);
}

// Made with `openssl genpkey`; they sign nothing anywhere.
constexpr const char* kP384Public =
    "-----BEGIN PUBLIC KEY-----\n"
    "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEUXMKDwQdTSFN/wZ6B+1U+wUyAwTq+jnD\n"
    "os9Q3/pBZt3tIwtWc4uWDWW5mFV4rdafU7t/4uyU1Cz326vKBvYtv/k+uiGb5/0/\n"
    "odiuUz8PW0nzjfJiw3ANWzvS3icPR73e\n"
    "-----END PUBLIC KEY-----\n";
constexpr const char* kRsa1024Public =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCkbLH1N3Sd194R3gs7hycBdhGk\n"
    "GotCPji0IK0VvxiMD5k7HYz7h1U1tXDpi+5z9fcFa51vFDefui/fIXT7FWOKUqBp\n"
    "HHeJHfeijkrISFxqHFqLsCXU7Mb8soMBGHlz9M8m8xas9BPoFDPojJxoA7frUarX\n"
    "V1U4d6kCIO1gN6qPrQIDAQAB\n"
    "-----END PUBLIC KEY-----\n";
constexpr const char* kRsaPssPublic =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIDALBgkqhkiG9w0BAQoDggEPADCCAQoCggEBALLUpZgczL5rGDQnODfLlYnk\n"
    "q6ySuCTdaP4nMZS+MlFDc03W1iT0Yz0NR+6+26oPE7PbHGh34DV2U2Jqu4DBrKEc\n"
    "JESxuy2FYBazq36EHVCbYGDQMQWXABi51yhkrp/inYEi+J4Qpawa9jNyM7855eJl\n"
    "9aEGfF/1Jk0ue7qF5O8xHZuxDXxu85tyYpgs7h+OQrZoDqTbZfuQB9D+4+3uDtL/\n"
    "DEd/66eHflmIHa+rPLhy5TkOYx/OFto/6Ztfkyzpa1ifh69D8hHjlIT9zzpfGJ4b\n"
    "+9Zvn8UOJ6BwRhcuzVhtRQeapUEi2hFHNzH9ZMj6DzHHz70ByI9ScgZqqnhwprcC\n"
    "AwEAAQ==\n"
    "-----END PUBLIC KEY-----\n";

// What the import says; empty where it takes the key.
std::string complaint(const std::string& public_pem) {
  try {
    Key::from_public_pem(public_pem);
    return "";
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}

TEST(Key, RefusesOtherKindsAndSizes) {
  EXPECT_EQ(complaint(kP384Public), "the key is none of RSA, EC on P-256, Ed25519");
  EXPECT_EQ(complaint(kRsaPssPublic), "the key is none of RSA, EC on P-256, Ed25519");
  EXPECT_EQ(complaint(kRsa1024Public), "an RSA key must have 2048 to 8192 bits");
}

// One value in DER, short enough for two bytes of length.
std::string der(char tag, const std::string& content) {
  const std::size_t size = content.size();
  return std::string{tag, '\x82', static_cast<char>(size >> 8U), static_cast<char>(size & 0xffU)} + content;
}

TEST(Key, RefusesAnRsaKeyThatIsSlowToCheck) {
  const auto pem = [](std::size_t modulus_bytes) {
    const std::string modulus = der('\x02', std::string(modulus_bytes, '\x7f'));
    const std::string numbers = der('\x30', modulus + std::string("\x02\x03\x01\x00\x01", 5));
    // RFC 3279 section 2.3.1: rsaEncryption and NULL
    const std::string kind("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00", 15);
    const std::string body = base64_encode(der('\x30', kind + der('\x03', '\0' + numbers)));
    std::string lines;
    for (std::size_t at = 0; at < body.size(); at += 64) lines += body.substr(at, 64) + '\n';
    return "-----BEGIN PUBLIC KEY-----\n" + lines + "-----END PUBLIC KEY-----\n";
  };
  EXPECT_EQ(complaint(pem(1024)), "");
  EXPECT_EQ(complaint(pem(1025)), "an RSA key must have 2048 to 8192 bits");
}

TEST(Key, RefusesWhatIsNoKey) {
  EXPECT_EQ(complaint("no key"), "not a public key in PEM");
  EXPECT_EQ(complaint(""), "the key is empty or longer than 1 MiB");
  EXPECT_EQ(complaint(std::string((1U << 20U) + 1, 'x')), "the key is empty or longer than 1 MiB");
  EXPECT_THROW(Key::from_private_pem("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
               std::invalid_argument);
  EXPECT_THROW(Key::from_pkcs8(""), std::invalid_argument);
}

}  // namespace
}  // namespace gatehouse::crypto
