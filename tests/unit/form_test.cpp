// Forms as strangers send them: what is read, and that nothing ambiguous is.
#include "fcgi/form.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/percent_encode.h"
#include "fcgi/encoding.h"

namespace gatehouse::fcgi {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

auto fields(std::string_view bytes) { return parse_form(bytes).fields; }

// The message of the refusal; empty where the form was taken.
std::string refusal(std::string_view bytes) {
  try {
    parse_form(bytes);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::invalid_request);
    return error.text();
  }
  return {};
}

std::string many_fields(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "f" + std::to_string(i) + "=1&";
  return text;
}

TEST(Form, ReadsNamesAndValuesInTheirOrder) {
  EXPECT_THAT(fields("grant_type=client_credentials&scope=a"),
              ElementsAre(Pair("grant_type", "client_credentials"), Pair("scope", "a")));
}

TEST(Form, FindsByName) {
  const Form form = parse_form("a=1&b=");
  EXPECT_EQ(form.find("a"), "1");
  EXPECT_EQ(form.find("b"), "");
  EXPECT_EQ(form.find("c"), std::nullopt);
}

TEST(Form, DecodesPlusAndPercent) {
  EXPECT_THAT(fields("a+b=c+d%2B%26%3d%25"), ElementsAre(Pair("a b", "c d+&=%")));
}

TEST(Form, KeepsEqualSignsInAValue) { EXPECT_THAT(fields("a=b=c=="), ElementsAre(Pair("a", "b=c=="))); }

TEST(Form, KeepsUtf8) { EXPECT_THAT(fields("n=%E6%97%A5\xc3\xa4"), ElementsAre(Pair("n", "日ä"))); }

TEST(Form, IsEmptyWhereNothingCame) {
  EXPECT_THAT(fields(""), IsEmpty());
  EXPECT_THAT(fields("&&&"), IsEmpty());
}

TEST(Form, SkipsEmptyFields) {
  EXPECT_THAT(fields("&a=1&&b=2&"), ElementsAre(Pair("a", "1"), Pair("b", "2")));
}

TEST(Form, ReadsANameAloneAsEmptyWhereverItStands) {
  EXPECT_THAT(fields("a&b=1&c"), ElementsAre(Pair("a", ""), Pair("b", "1"), Pair("c", "")));
}

TEST(Form, DoesNotSplitAtASemicolon) {
  EXPECT_THAT(fields("secret=x;scope=all&y;z=1"),
              ElementsAre(Pair("secret", "x;scope=all"), Pair("y;z", "1")));
}

TEST(Form, RefusesARepeatedNameAndSaysWhich) {
  EXPECT_THAT(refusal("scope=a&scope=b"), HasSubstr(R"("scope")"));
  EXPECT_THAT(refusal("scope=a&b=1&sc%6Fpe="), HasSubstr(R"("scope")"));
}

TEST(Form, RefusesBadEscapes) {
  for (const auto* bytes : {"a=%", "a=%4", "a=%zz", "a=%4&b=1", "a=x%", "%=1", "a=%%41", "a=%u0041"}) {
    EXPECT_THAT(refusal(bytes), HasSubstr("hexadecimal")) << bytes;
  }
}

TEST(Form, RefusesNul) {
  EXPECT_THAT(refusal("a=x%00y"), HasSubstr(R"("a")"));
  EXPECT_THAT(refusal(std::string_view("a=x\0y", 5)), HasSubstr(R"("a")"));
  EXPECT_THAT(refusal("a%00=x"), HasSubstr("name"));
}

TEST(Form, RefusesInvalidUtf8) {
  for (const auto* value :
       {"%FF", "%C0%AF", "%E0%80%AF", "%F0%80%80%AF", "%ED%A0%80", "%F4%90%80%80", "%E6%97", "\xff"}) {
    EXPECT_THAT(refusal(std::string("a=") + value), HasSubstr(R"("a")")) << value;
  }
}

// What refuses it is logged.
TEST(Form, ATokenInThePlaceOfANameIsNotRepeated) {
  const std::string token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiJ9.c2lnbmF0dXJl";
  EXPECT_EQ(refusal(token + "&" + token), "A field of the form is given more than once");
  EXPECT_EQ(refusal(token + "=%FF"), "A field of the form is not valid UTF-8 text");
  EXPECT_EQ(refusal("refresh_token=a&refresh_token=b"), R"("refresh_token" is given more than once)");
}

TEST(PercentEncoding, LeavesLettersAndDigitsAlone) {
  EXPECT_EQ(percent_encode("svc_aZ09-\xE6 "), "svc%5FaZ09%2D%E6%20");
  EXPECT_EQ(percent_decode(percent_encode("a_b-c%")), "a_b-c%");
}

TEST(Form, TakesAtMost64Fields) {
  EXPECT_EQ(refusal(many_fields(64)), "");
  EXPECT_THAT(refusal(many_fields(65)), HasSubstr("64"));
}

TEST(Form, ReadsAValueOf64KibiBytes) {
  const std::string value(65536, 'x');
  EXPECT_EQ(parse_form("a=" + value).find("a"), value);
}

}  // namespace
}  // namespace gatehouse::fcgi
