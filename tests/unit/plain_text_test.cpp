#include "base/plain_text.h"

#include <gtest/gtest.h>

namespace gatehouse {
namespace {

TEST(PlainText, IsWhatPeopleWrite) {
  for (const auto* text : {"", "billing",
                           ("\xE6\x9C\x8D\xE5\x8A\xA1"
                            "A"),
                           "caf\xC3\xA9", "\xF0\x9F\x94\x91 keys"}) {
    EXPECT_TRUE(is_plain_text(text)) << text;
  }
}

TEST(PlainText, HasNoControlCharacters) {
  for (const auto* text : {"a\nb", "\x1b[31m", "\x7f",
                           ("\xC2\x9B"
                            "31m"),
                           "\t"})
    EXPECT_FALSE(is_plain_text(text));
}

TEST(PlainText, DoesNotTurnTheDirectionOfWriting) {
  for (const auto* text : {"\xE2\x80\xAE"
                           "gnillib",
                           "\xE2\x81\xA6x", "\xE2\x80\x8F"})
    EXPECT_FALSE(is_plain_text(text));
}

TEST(PlainText, IsUtf8) {
  for (const auto* text :
       {"\xff", "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE6\x9C", "\x80"}) {
    EXPECT_FALSE(is_plain_text(text));
  }
}

}  // namespace
}  // namespace gatehouse
