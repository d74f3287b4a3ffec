#include <gtest/gtest.h>

#include <string>

#include "base/error.h"
#include "crypto/digest.h"
#include "crypto/password.h"

namespace gatehouse::crypto {
namespace {

constexpr ScryptCost kCheap{4, 8, 1};

TEST(Scrypt, AgreesWithRfc7914) {
  EXPECT_EQ(hex(scrypt("", "", {4, 1, 1}, 64)),
            "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
            "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906");
  EXPECT_EQ(hex(scrypt("password", "NaCl", {10, 8, 16}, 64)),
            "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
            "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640");
  EXPECT_EQ(hex(scrypt("pleaseletmein", "SodiumChloride", {14, 8, 1}, 64)),
            "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
            "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887");
}

TEST(Scrypt, RefusesACostThatWouldTakeTheMachine) {
  EXPECT_THROW(scrypt("x", "y", {24, 32, 1}, 32), Error);
  EXPECT_THROW(scrypt("x", "y", {0, 8, 1}, 32), Error);
  EXPECT_THROW(scrypt("x", "y", {10, 8, 17}, 32), Error);
}

TEST(Password, MatchesItsOwnHashAndNoOther) {
  const std::string stored = hash_password("correct horse");
  EXPECT_TRUE(verify_password("correct horse", stored).matches);
  EXPECT_FALSE(verify_password("correct horsf", stored).matches);
  EXPECT_FALSE(verify_password("correct horse", stored).needs_rehash);
}

TEST(Password, CarriesItsParametersInTheHash) {
  EXPECT_EQ(hash_password("x").substr(0, 22), "$scrypt$ln=15,r=8,p=3$");
  EXPECT_EQ(hash_password("x", kCheap).size(), 21U + 22U + 1U + 43U);
}

TEST(Password, IsSaltedSoThatEqualPasswordsDiffer) {
  EXPECT_NE(hash_password("x", kCheap), hash_password("x", kCheap));
}

TEST(Password, NeedsANewHashWhenTheCostIsNotTodays) {
  const std::string old = hash_password("correct horse", kCheap);
  EXPECT_TRUE(verify_password("correct horse", old).matches);
  EXPECT_TRUE(verify_password("correct horse", old).needs_rehash);
  EXPECT_FALSE(verify_password("wrong", old).needs_rehash);
}

TEST(Password, MayBeEmptyOrHoldNul) {
  const std::string with_nul("a\0b", 3);
  EXPECT_TRUE(verify_password("", hash_password("", kCheap)).matches);
  EXPECT_TRUE(verify_password({}, hash_password("", kCheap)).matches);
  EXPECT_TRUE(verify_password(with_nul, hash_password(with_nul, kCheap)).matches);
  EXPECT_FALSE(verify_password("a", hash_password(with_nul, kCheap)).matches);
}

TEST(Password, TheDummyHashCostsWhatARealOneDoes) {
  const std::string real = hash_password("x");
  const std::string dummy(dummy_password_hash());
  EXPECT_EQ(dummy.size(), real.size());
  EXPECT_EQ(dummy.substr(0, 22), real.substr(0, 22));
  EXPECT_FALSE(verify_password("", dummy).matches);
}

class UnreadableHash : public testing::TestWithParam<const char*> {};

TEST_P(UnreadableHash, IsAnInternalErrorWithoutTheHash) {
  try {
    verify_password("x", GetParam());
    FAIL() << "was read";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::internal);
    EXPECT_EQ(error.cause(), "a stored password hash cannot be read");
  }
}

INSTANTIATE_TEST_SUITE_P(
    Forms, UnreadableHash,
    testing::Values(
        "", "plain", "$argon2id$v=19$m=1,t=1,p=1$c2FsdA$aGFzaA", "$scrypt$ln=4,r=8,p=1$",
        "$scrypt$ln=4,r=8,p=1$4uT+XgI8m1HrP2YS0dG0rg$c2hvcnQ",
        "$scrypt$ln=-4,r=8,p=1$4uT+XgI8m1HrP2YS0dG0rg$yr74n1J8KpHx14DvN6MSWtfZo5oga0o82ukSXSagQKk",
        "$scrypt$ln=4,r=8,p=1$4uT+XgI8m1HrP2YS0dG0rg$yr74n1J8KpHx14DvN6MSWtfZo5oga0o82ukSXSagQKk$",
        "$scrypt$ln=4,r=8,p=1$$yr74n1J8KpHx14DvN6MSWtfZo5oga0o82ukSXSagQKk",
        "$scrypt$ln=4,r=8,p=1$4uT+XgI8m1HrP2YS0dG0rg$!!74n1J8KpHx14DvN6MSWtfZo5oga0o82ukSXSagQKk",
        "$scrypt$ln=30,r=8,p=1$4uT+XgI8m1HrP2YS0dG0rg$yr74n1J8KpHx14DvN6MSWtfZo5oga0o82ukSXSagQKk",
        "$scrypt$ln=99999999999,r=8,p=1$4uT+XgI8m1HrP2YS0dG0rg$yr74n1J8KpHx14DvN6MSWtfZo5oga0o82ukSXSagQKk"));

}  // namespace
}  // namespace gatehouse::crypto
