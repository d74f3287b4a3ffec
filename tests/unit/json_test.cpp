#include "base/json.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <string_view>

#include "base/error.h"

namespace gatehouse::json {
namespace {

// What Document::parse says against the text; empty where it takes it.
std::string fault_of(std::string_view text) {
  try {
    Document::parse(text);
    return {};
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::invalid_json);
    return error.message();
  }
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(Json, ReadsMembersByTypeAndName) {
  const auto document = Document::parse(R"({"t":"x","n":-7,"b":true,"o":{"z":null},"a":[1,2]})");
  const auto root = document.root();
  EXPECT_EQ(root.find("t")->text(), "x");
  EXPECT_EQ(root.find("n")->integer(), -7);
  EXPECT_EQ(root.find("b")->boolean(), true);
  EXPECT_TRUE(root.find("o")->find("z")->is_null());
  EXPECT_EQ(root.find("a")->items().size(), 2U);
  EXPECT_FALSE(root.find("absent"));
  EXPECT_FALSE(root.find("t")->find("t"));
}

TEST(Json, AnotherTypeIsNoValue) {
  const auto document = Document::parse(R"({"t":"1","n":1,"b":true,"z":null})");
  const auto root = document.root();
  EXPECT_EQ(root.find("t")->integer(), std::nullopt);
  EXPECT_EQ(root.find("n")->text(), std::nullopt);
  EXPECT_EQ(root.find("n")->boolean(), std::nullopt);
  EXPECT_EQ(root.find("b")->integer(), std::nullopt);
  EXPECT_EQ(root.find("z")->text(), std::nullopt);
  EXPECT_TRUE(root.find("n")->items().empty());
}

TEST(Json, IntegersHaveNoFractionAndFitInSixtyFourBits) {
  for (const auto* number : {"1.0", "1.5", "1e3", "9223372036854775808", "-9223372036854775809", "1e400"}) {
    const std::string text = "[" + std::string(number) + "]";
    if (!fault_of(text).empty()) continue;
    EXPECT_EQ(Document::parse(text).root().items().front().integer(), std::nullopt) << number;
  }
  EXPECT_EQ(Document::parse("[9223372036854775807]").root().items().front().integer(),
            std::numeric_limits<std::int64_t>::max());
}

TEST(Json, DecodesEscapesAndKeepsUtf8) {
  const auto document = Document::parse(R"({"a":"\u00e4\ud83d\ude00\n\"\\","b":"张三"})");
  EXPECT_EQ(document.root().find("a")->text(), "ä😀\n\"\\");
  EXPECT_EQ(document.root().find("b")->text(), "张三");
}

// RapidJSON looks for the rest of a character before it looks for the end of the text. Behind an escape it
// also moves what it finds: under a sanitizer that shows, and otherwise at some of these lengths.
TEST(Json, ATextThatEndsWithinACharacterIsRefusedAtAnyLength) {
  for (const std::string_view first_bytes :
       {"\xC3", "\xE2", "\xE2\x82", "\xF0", "\xF0\x9F", "\xF0\x9F\x98"}) {
    for (std::size_t length = 0; length < 130; ++length) {
      const std::string filler(length, 'x');
      EXPECT_THROW(Document::parse("{\"a\":\"\\n" + filler + std::string(first_bytes)), Error);
      EXPECT_THROW(Document::parse("[\"" + filler + std::string(first_bytes)), Error);
    }
  }
}

TEST(Json, RefusesWhatIsNoJson) {
  for (const auto* text : {"",      " ",          "{",           "{\"a\":",  "{'a':1}", "{\"a\":1,}",
                           "[1,]",  "{\"a\":1}x", "{\"a\":1}{}", "nul",      "NaN",     "Infinity",
                           "01",    "+1",         ".5",          "\"a",      "\"\t\"",  "// c\n{}",
                           "{a:1}", "\"\\x\"",    "\"\\ud800\"", "undefined"}) {
    EXPECT_NE(fault_of(text), "") << text;
  }
}

TEST(Json, RefusesWhatIsNoUtf8) {
  for (const auto* text :
       {"\"\xff\"", "\"\xc3\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"", "\"\xf5\x80\x80\x80\"", "{\"\xff\":1}"}) {
    EXPECT_NE(fault_of(text), "");
  }
}

TEST(Json, RefusesDuplicateMembersAtEveryDepth) {
  EXPECT_EQ(fault_of(R"({"a":1,"a":2})"), "duplicate member \"a\"");
  EXPECT_EQ(fault_of(R"({"a":[{"b":1,"\u0062":2}]})"), "duplicate member \"b\"");
  EXPECT_EQ(fault_of(R"({"a":{"a":1},"b":{"a":1}})"), "");
}

TEST(Json, RefusesNulInTextsAndNames) {
  EXPECT_EQ(fault_of(R"({"a":"x\u0000y"})"), "NUL in \"a\"");
  EXPECT_EQ(fault_of(R"({"a":["x\u0000y"]})"), "NUL in \"a\"");
  EXPECT_EQ(fault_of(R"(["x\u0000y"])"), "NUL in a string");
  EXPECT_EQ(fault_of(R"({"a\u0000":1})"), "NUL in a member's name");
}

// A reader that stops at the NUL and one that does not would see two bodies in one.
TEST(Json, ANulByteDoesNotEndTheText) {
  EXPECT_EQ(fault_of(std::string_view("{\"a\":1}\0", 8)), "NUL byte");
  EXPECT_EQ(fault_of(std::string_view("{\"a\":1}\0{\"a\":2}", 15)), "NUL byte");
}

// RFC 8259 section 8.1: may be ignored.
TEST(Json, AByteOrderMarkIsSkipped) { EXPECT_EQ(fault_of("\xef\xbb\xbf{}"), ""); }

TEST(Json, APartOfAByteOrderMarkIsNot) {
  for (const auto* text : {"\xef{}", "\xbb{}", "\xbf{}", "\xef\xbb{}", "\xbb\xbf{}", "\xef\xbf{}",
                           "\xef\xbb\xbf\xef\xbb\xbf{}", "\xef\xbb\xbf\xbf{}"})
    EXPECT_NE(fault_of(text), "") << text;
}

TEST(Json, TakesThirtyTwoLevelsAndNoMore) {
  EXPECT_EQ(fault_of(nested(32)), "");
  EXPECT_EQ(fault_of(nested(33)), "nested too deeply");
  EXPECT_EQ(fault_of(nested(500'000)), "nested too deeply");
  EXPECT_NE(fault_of(std::string(500'000, '[')), "");
}

TEST(Json, WritesWhatItReads) {
  const std::string text = Object()
                               .add("text", "a\"\\\n\x01ä")
                               .add("number", std::int64_t{-9'007'199'254'740'993})
                               .add("flag", false)
                               .add("list", std::vector<std::string>{"x", "y"})
                               .add("inner", Object().add("n", 1))
                               .add("half", 0.5)
                               .str();
  const auto document = Document::parse(text);
  EXPECT_EQ(document.root().find("text")->text(), "a\"\\\n\x01ä");
  EXPECT_EQ(document.root().find("number")->integer(), -9'007'199'254'740'993);
  EXPECT_EQ(document.root().find("flag")->boolean(), false);
  EXPECT_EQ(document.root().find("list")->items().at(1).text(), "y");
  EXPECT_EQ(document.root().find("inner")->find("n")->integer(), 1);
}

TEST(Json, WritesMembersInTheirOrder) {
  EXPECT_EQ(Object().str(), "{}");
  EXPECT_EQ(Array().str(), "[]");
  EXPECT_EQ(Object().add("b", 1).add("a", "x").str(), R"({"b":1,"a":"x"})");
  EXPECT_EQ(Array().add("x").add(Object()).add_json("1").str(), R"(["x",{},1])");
  EXPECT_EQ(Object().add("p", Array().add("x")).add_json("q", "[]").str(), R"({"p":["x"],"q":[]})");
}

TEST(Json, WritesBadBytesAsReplacementCharacters) {
  const std::string text = Object().add("a", std::string_view("x\xff\xc3\xa4\xe2\x82", 6)).str();
  EXPECT_EQ(Document::parse(text).root().find("a")->text(), "x\uFFFDä\uFFFD\uFFFD");
}

TEST(Json, WritesNoNumberThatJsonLacks) {
  EXPECT_EQ(Object().add("x", std::numeric_limits<double>::quiet_NaN()).str(), R"({"x":null})");
  EXPECT_EQ(Object().add("x", std::numeric_limits<double>::infinity()).str(), R"({"x":null})");
}

std::string written(const std::string& object, std::string_view name) {
  Document::parse(object);
  return std::string(written_member(object, name).value_or("none"));
}

TEST(Json, GivesAMemberAsItIsWritten) {
  const std::string profile = R"({ "b" : 1.50e+02, "a":[ {"x":"}\"]"} , null],	"é": "é\u00e9" })";
  EXPECT_EQ(written(R"({"profile":)" + profile + "}", "profile"), profile);
  EXPECT_EQ(written(" {\n\"x\" : {\"profile\": 1} , \"profile\" :\t" + profile + " , \"y\":[]} ", "profile"),
            profile);
  EXPECT_EQ(written(R"({"a\\":1,"b\"":2,"p\u0072ofile":3})", "profile"), "3");
}

TEST(Json, GivesAMemberThatIsWrittenAfterAByteOrderMark) {
  EXPECT_EQ(written("\xef\xbb\xbf{\"x[\":1,\"email\":\"a\",\"profile\":{}}", "profile"), "{}");
}

TEST(Json, GivesWrittenMembersOfEveryType) {
  for (const auto* value :
       {"1", "-0.10", "true", "null", R"("\\")", R"("")", "{}", "[]", "[[],{}]", R"({"a":{}})"}) {
    EXPECT_EQ(written(R"({"p":)" + std::string(value) + "}", "p"), value);
    EXPECT_EQ(written(R"({"p":)" + std::string(value) + " }", "p"), value);
    EXPECT_EQ(written(R"({"o":)" + std::string(value) + R"(,"p":2})", "p"), "2");
  }
}

TEST(Json, HasNoWrittenMemberWhereThereIsNone) {
  for (const auto* object : {"{}", " { } ", R"({"a":1})", R"({"a":{"p":1}})", R"({"a":"\"p\":1"})"}) {
    EXPECT_EQ(written(object, "p"), "none") << object;
  }
}

}  // namespace
}  // namespace gatehouse::json
