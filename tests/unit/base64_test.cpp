#include "base/base64.h"

#include <gtest/gtest.h>

#include <string>

namespace gatehouse {
namespace {

struct Pair {
  std::string bytes;
  std::string text;  // plain; base64url has the same without padding
};

// RFC 4648 section 10
const Pair kVectors[] = {{"", ""},
                         {"f", "Zg=="},
                         {"fo", "Zm8="},
                         {"foo", "Zm9v"},
                         {"foob", "Zm9vYg=="},
                         {"fooba", "Zm9vYmE="},
                         {"foobar", "Zm9vYmFy"}};

TEST(Base64, AgreesWithRfc4648) {
  for (const auto& [bytes, text] : kVectors) {
    EXPECT_EQ(base64_encode(bytes), text);
    EXPECT_EQ(base64_decode(text), bytes) << text;
  }
}

TEST(Base64, UrlFormHasNoPadding) {
  for (const auto& [bytes, text] : kVectors) {
    const std::string unpadded = text.substr(0, text.find('='));
    EXPECT_EQ(base64url_encode(bytes), unpadded);
    EXPECT_EQ(base64url_decode(unpadded), bytes) << unpadded;
  }
}

TEST(Base64, EachFormHasItsOwnAlphabet) {
  const std::string bytes("\xfb\xff\xbf", 3);
  EXPECT_EQ(base64_encode(bytes), "+/+/");
  EXPECT_EQ(base64url_encode(bytes), "-_-_");
  EXPECT_EQ(base64_decode("-_-_"), std::nullopt);
  EXPECT_EQ(base64url_decode("+/+/"), std::nullopt);
}

TEST(Base64, EveryByteComesBack) {
  std::string bytes;
  for (int length = 0; length < 260; ++length) {
    EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes);
    EXPECT_EQ(base64url_decode(base64url_encode(bytes)), bytes);
    bytes.push_back(static_cast<char>(length));
  }
}

TEST(Base64, PlainFormRefusesWrongPadding) {
  for (const auto* text : {"Zg", "Zg=", "Zm8", "Zm9v=", "Zm9v==", "Zm9v====", "=",
                           "==", "====", "Z===", "Zg==Zg==", "Z=g=", "=Zg="}) {
    EXPECT_EQ(base64_decode(text), std::nullopt) << text;
  }
}

TEST(Base64, RefusesWhatIsNoBase64) {
  for (const auto* text : {"Zm9v\n", " Zm9v", "Zm 9", "Zm9v Zm9v", "Zm9?", "Zm9\xc3", "Z", "Zm9vZ"}) {
    EXPECT_EQ(base64_decode(text), std::nullopt) << text;
    EXPECT_EQ(base64url_decode(text), std::nullopt) << text;
  }
  EXPECT_EQ(base64url_decode("Zg=="), std::nullopt);
  EXPECT_EQ(base64url_decode(std::string("Zm9\0", 4)), std::nullopt);
}

// Two texts for the same bytes would be two names for one token.
TEST(Base64, RefusesTrailingBitsThatAreNotZero) {
  EXPECT_EQ(base64_decode("Zh=="), std::nullopt);
  EXPECT_EQ(base64_decode("Zm9="), std::nullopt);
  EXPECT_EQ(base64url_decode("Zh"), std::nullopt);
  EXPECT_EQ(base64url_decode("Zm9"), std::nullopt);
}

}  // namespace
}  // namespace gatehouse
