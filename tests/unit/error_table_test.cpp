// The error table, row by row: what holds for every row that there is and will be.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "base/error.h"

namespace gatehouse {
namespace {

bool is_printable(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

TEST(ErrorTable, EveryRowIsFoundByItsCode) {
  for (const auto& row : kErrors) EXPECT_EQ(&row_of(row.code), &row) << row.text;
}

TEST(ErrorTable, EveryRowHasAStatusOfTheContract) {
  const std::set<int> statuses{400, 401, 403, 404, 405, 409, 413, 415, 429, 500, 502, 503};
  for (const auto& row : kErrors) EXPECT_TRUE(statuses.contains(row.status)) << row.text;
}

// RFC 6749 section 5.2: %x20-21 / %x23-5B / %x5D-7E; ours are plain words.
TEST(ErrorTable, EveryOauthCodeIsAWord) {
  for (const auto& row : kErrors) {
    EXPECT_FALSE(row.oauth.empty()) << row.text;
    EXPECT_EQ(row.oauth.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string_view::npos)
        << row.oauth;
  }
}

TEST(ErrorTable, EveryTextIsForPeople) {
  for (const auto& row : kErrors) {
    EXPECT_TRUE(is_printable(row.text)) << row.text;
    EXPECT_NE(row.text.back(), '.') << row.text;
    EXPECT_EQ(row.text.find_first_of("\"\\"), std::string_view::npos) << row.text;
  }
}

TEST(ErrorTable, OnlyAnswersOf401ChallengeTheCaller) {
  for (const auto& row : kErrors) {
    EXPECT_TRUE(row.challenge == Challenge::none || row.status == 401) << row.text;
  }
}

TEST(ErrorTable, ThoseThatPassSayWhenToComeAgain) {
  for (const auto& row : kErrors) {
    EXPECT_EQ(row.retry_after > 0, row.status == 429 || row.status == 503) << row.text;
  }
}

TEST(ErrorTable, AnErrorShowsItsRowsTextUnlessTheThrowerSaysMore) {
  for (const auto& row : kErrors) {
    EXPECT_EQ(Error(row.code).text(), row.text);
    EXPECT_EQ(Error(row.code, "Scope?").text(), "Scope?");
    EXPECT_EQ(Error(row.code).retry_after(), row.retry_after);
    EXPECT_EQ(Error(row.code).message(), "");
  }
}

TEST(Error, KeepsItsCauseFromThePublicText) {
  const Error error = Error(Errc::internal, {}, "relation does not exist").with_message("request 7");
  EXPECT_EQ(error.text().find("relation"), std::string::npos);
  EXPECT_EQ(error.message(), "request 7");
  EXPECT_EQ(error.cause(), "relation does not exist");
  EXPECT_NE(std::string(error.what()).find("relation"), std::string::npos);
}

TEST(Error, CanSayWhenToComeAgain) {
  EXPECT_EQ(Error(Errc::too_many_requests).with_retry_after(30).retry_after(), 30);
}

}  // namespace
}  // namespace gatehouse
