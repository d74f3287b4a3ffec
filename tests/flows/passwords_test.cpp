// What a new password and an email must be.
#include "flows/passwords.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "flows/email.h"
#include "tests/support/flow_test.h"

namespace gatehouse::flows {
namespace {

using testing::HasSubstr;

// What it says against a password; "" where it takes it.
std::string fault_of(const Passwords& passwords, const std::string& password,
                     const std::string& email = "ann@example.com") {
  try {
    passwords.require_acceptable("password", password, email);
    return "";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::invalid_request);
    return error.text();
  }
}
std::string fault_of(const std::string& password) { return fault_of(Passwords(6), password); }

TEST(NewPasswords, HaveTheShortestLengthInCharacters) {
  EXPECT_EQ(fault_of("Zw9-k"), R"("password" must be at least 6 characters)");
  EXPECT_EQ(fault_of("Zw9-kx"), "");
  EXPECT_EQ(fault_of("密码密码密"), R"("password" must be at least 6 characters)");
  EXPECT_EQ(fault_of("密码密码密码"), "");
  EXPECT_EQ(fault_of(Passwords(8), "Zw9-kxy"), R"("password" must be at least 8 characters)");
}

TEST(NewPasswords, HaveTheLongestLengthInBytes) {
  EXPECT_EQ(fault_of(std::string(1024, 'z')), "");
  EXPECT_EQ(fault_of(std::string(1025, 'z')), R"("password" must be at most 1024 bytes)");
}

TEST(NewPasswords, NeedNoMixture) {
  EXPECT_EQ(fault_of("aaaaaaaaaaab"), "");
  EXPECT_EQ(fault_of("      \t\n"), "");
}

TEST(NewPasswords, OfTheSeedAreTaken) { EXPECT_EQ(fault_of("password123"), ""); }

TEST(NewPasswords, ThatEverybodyHasAreRefused) {
  for (const auto* common : {"123456", "password", "PASSWORD", "Qwerty", "iloveyou", "12345678"})
    EXPECT_THAT(fault_of(common), HasSubstr("too common")) << common;
}

TEST(NewPasswords, OfTheFileAreRefused) {
  const Passwords passwords(6, {"Sommer2026"});
  EXPECT_THAT(fault_of(passwords, "sommer2026"), HasSubstr("too common"));
  EXPECT_EQ(fault_of(passwords, "sommer2027"), "");
}

TEST(NewPasswords, ThatAreTheEmailAreRefused) {
  EXPECT_EQ(fault_of(Passwords(6), "Ann@Example.com"), R"("password" must not be the email)");
  EXPECT_EQ(fault_of(Passwords(6), "ann@example.co"), "");
}

TEST(StoredPasswords, MatchWithAllTheirBytes) {
  const Passwords passwords(6, {}, support::kCheapCost);
  const std::string longest(1024, 'z');
  const auto hash = passwords.hash(longest);
  EXPECT_TRUE(passwords.verify(longest, hash).matches);
  EXPECT_FALSE(passwords.verify(longest.substr(1), hash).matches);
  EXPECT_FALSE(passwords.verify(longest + "z", hash).matches);
  EXPECT_FALSE(passwords.verify("anything", std::nullopt).matches);
}

TEST(StoredPasswords, OfAnotherCostWantANewHash) {
  const Passwords cheap(6, {}, support::kCheapCost);
  const Passwords dearer(6, {}, {5, 8, 1});
  EXPECT_FALSE(cheap.verify("secret words", cheap.hash("secret words")).needs_rehash);
  EXPECT_TRUE(dearer.verify("secret words", cheap.hash("secret words")).needs_rehash);
  EXPECT_FALSE(dearer.verify("other words", cheap.hash("secret words")).needs_rehash);
}

TEST(Emails, ThatPeopleHaveAreTaken) {
  for (const auto* email :
       {"user@example.com", "a@b.co", "first.last+tag@sub.example-site.org", "o'hara@example.com",
        "x@1.2.3.example", "用户@例子.广告", "user@bücher.example", "USER@EXAMPLE.COM", "_@a.b"})
    EXPECT_TRUE(is_email(email)) << email;
}

TEST(Emails, ThatAreNoneAreRefused) {
  for (const auto& email : {std::string(),
                            std::string("user"),
                            std::string("user@"),
                            std::string("@example.com"),
                            std::string("@"),
                            std::string("a@b"),
                            std::string("a@@b.com"),
                            std::string("a@b@c.com"),
                            std::string("a b@c.com"),
                            std::string("a@b .com"),
                            std::string(".a@b.com"),
                            std::string("a.@b.com"),
                            std::string("a..b@c.com"),
                            std::string("a@.b.com"),
                            std::string("a@b.com."),
                            std::string("a@b..com"),
                            std::string("a@-b.com"),
                            std::string("a@b-.com"),
                            std::string("a@b_c.com"),
                            std::string("a@b.com\n"),
                            std::string("<a@b.com>"),
                            std::string("a@[127.0.0.1]"),
                            std::string(65, 'a') + "@b.com",
                            "a@" + std::string(64, 'b') + ".com",
                            "a@b." + std::string(252, 'c')})
    EXPECT_FALSE(is_email(email)) << email;
}

TEST(Emails, AreComparedWithoutCase) {
  EXPECT_EQ(email_key("User.Name@EXAMPLE.com"), "user.name@example.com");
  EXPECT_EQ(email_key("ÄÖ@BÜCHER.example"), "äö@bücher.example");
  EXPECT_EQ(email_key("ИВАН@Пример.рф"), "иван@пример.рф");
  EXPECT_EQ(email_key("用户@例子.广告"), "用户@例子.广告");
  EXPECT_EQ(email_key("\U00010400@a.b"), "\U00010428@a.b");
  EXPECT_NE(email_key("a@b.com"), email_key("a@b.co"));
}

TEST(Emails, NoSignOfAnotherScriptBecomesAnAsciiLetter) {
  EXPECT_NE(email_key("\u212aate@example.com"), email_key("kate@example.com"));
  EXPECT_NE(email_key("\u0130da@example.com"), email_key("ida@example.com"));
}

TEST(Emails, WhatNobodySeesIsInNone) {
  for (const auto* sign : {"\u0085", "\u00a0", "\u00ad", "\u200b", "\u200e", "\u2028", "\u202e", "\u2066",
                           "\u3000", "\ufeff", "\U000e0041"}) {
    EXPECT_FALSE(is_email(std::string("us") + sign + "er@example.com")) << sign;
    EXPECT_FALSE(is_email(std::string("user@exa") + sign + "mple.com")) << sign;
  }
}

}  // namespace
}  // namespace gatehouse::flows
