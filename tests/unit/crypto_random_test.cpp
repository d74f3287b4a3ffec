#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "crypto/random.h"

namespace gatehouse::crypto {
namespace {

TEST(Random, BytesComeInTheSizeAskedForAndNeverTwice) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) seen.insert(random_bytes(24));
  EXPECT_EQ(seen.size(), 100U);
  EXPECT_EQ(seen.begin()->size(), 24U);
  EXPECT_EQ(random_bytes(0), "");
}

TEST(Random, OrderedBytesSortByTheirMillisecondAndNeverComeTwice) {
  const Time now{std::chrono::milliseconds(0x0123456789AB)};
  const std::string one = ordered_bytes(now, 20);
  EXPECT_EQ(one.size(), 20U);
  EXPECT_EQ(one.substr(0, kTimeBytes), "\x01\x23\x45\x67\x89\xAB");
  EXPECT_NE(one, ordered_bytes(now, 20));
  EXPECT_LT(one, ordered_bytes(now + std::chrono::milliseconds(1), 20));
}

TEST(Random, ATokenIsBase64urlWithoutPadding) {
  EXPECT_EQ(random_token(42).size(), 56U);
  EXPECT_EQ(random_token(32).size(), 43U);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(random_token(32).find_first_of("+/="), std::string::npos);
}

TEST(Random, AnIdUsesEveryLetterAboutAsOften) {
  std::map<char, int> counts;
  for (const char c : random_id(72000)) ++counts[c];
  ASSERT_EQ(counts.size(), 36U);
  for (const auto& [letter, count] : counts) {
    EXPECT_TRUE((letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9'));
    // 2000 are expected of each; 220 away is 5 standard deviations. `byte % 36` alone would give four of them
    // 2250.
    EXPECT_NEAR(count, 2000, 220) << letter;
  }
}

TEST(Random, AnIdHasTheLengthAskedFor) {
  EXPECT_EQ(random_id(16).size(), 16U);
  EXPECT_EQ(random_id(0), "");
}

}  // namespace
}  // namespace gatehouse::crypto
