#include <gtest/gtest.h>

#include <string>

#include "crypto/digest.h"

namespace gatehouse::crypto {
namespace {

std::string repeated(unsigned byte, std::size_t count) { return std::string(count, static_cast<char>(byte)); }

std::string counting(unsigned from, unsigned to) {
  std::string out;
  for (unsigned byte = from; byte <= to; ++byte) out += static_cast<char>(byte);
  return out;
}

std::string hmac_hex(const std::string& key, const std::string& data) { return hex(hmac_sha256(key, data)); }

TEST(Sha256, AgreesWithFips180) {
  EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256({}), sha256(""));
}

TEST(HmacSha256, AgreesWithRfc4231) {
  EXPECT_EQ(hmac_hex(repeated(0x0b, 20), "Hi There"),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hmac_hex("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hmac_hex(repeated(0xaa, 20), repeated(0xdd, 50)),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  EXPECT_EQ(hmac_hex(counting(0x01, 0x19), repeated(0xcd, 50)),
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
}

TEST(HmacSha256, AgreesWithRfc4231WhereTheKeyIsLongerThanABlock) {
  EXPECT_EQ(hmac_hex(repeated(0xaa, 131), "Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(
      hmac_hex(repeated(0xaa, 131),
               "This is a test using a larger than block-size key and a larger than block-size data. The key "
               "needs to be hashed before being used by the HMAC algorithm."),
      "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

TEST(HmacSha256, OneKeyedStateAnswersManyTimes) {
  const HmacSha256 mac("Jefe");
  const std::string first = mac.of("what do ya want for nothing?");
  EXPECT_NE(mac.of("something else"), first);
  EXPECT_EQ(mac.of("what do ya want for nothing?"), first);
}

TEST(HmacSha256, TheEmptyKeyIsAKey) {
  EXPECT_EQ(hmac_hex("", ""), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
  EXPECT_EQ(hmac_sha256({}, {}), hmac_sha256("", ""));
}

TEST(HkdfSha256, AgreesWithRfc5869) {
  EXPECT_EQ(hex(hkdf_sha256(repeated(0x0b, 22), counting(0xf0, 0xf9), 42, counting(0x00, 0x0c))),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  EXPECT_EQ(hex(hkdf_sha256(counting(0x00, 0x4f), counting(0xb0, 0xff), 82, counting(0x60, 0xaf))),
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
            "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87");
  EXPECT_EQ(hex(hkdf_sha256(repeated(0x0b, 22), "", 42)),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST(HkdfSha256, AnotherLabelGivesAnotherKey) {
  const std::string key = repeated(0x42, 32);
  EXPECT_NE(hkdf_sha256(key, "access", 32), hkdf_sha256(key, "service", 32));
  EXPECT_EQ(hkdf_sha256(key, "access", 32), hkdf_sha256(key, "access", 32));
}

TEST(EqualConstantTime, SaysWhetherTwoTextsAreEqual) {
  EXPECT_TRUE(equal_constant_time("secret", "secret"));
  EXPECT_TRUE(equal_constant_time({}, ""));
  EXPECT_FALSE(equal_constant_time("secret", "secreT"));
  EXPECT_FALSE(equal_constant_time("Secret", "secret"));
  EXPECT_FALSE(equal_constant_time("secret", "secret "));
}

TEST(Hex, IsLowerCaseWithLeadingZeros) { EXPECT_EQ(hex(std::string("\x00\x0f\xab\xff", 4)), "000fabff"); }

}  // namespace
}  // namespace gatehouse::crypto
