#include "base/clock.h"

#include <gtest/gtest.h>

namespace gatehouse {
namespace {

using std::chrono::microseconds;

std::optional<std::int64_t> seconds_of(std::string_view text) {
  const auto time = parse_rfc3339(text);
  if (!time) return std::nullopt;
  return unix_seconds(*time);
}

TEST(Clock, WritesTimesAsTheContractShowsThem) {
  EXPECT_EQ(to_rfc3339(from_unix_seconds(1705314600)), "2024-01-15T10:30:00Z");
  EXPECT_EQ(to_rfc3339(from_unix_seconds(0)), "1970-01-01T00:00:00Z");
  EXPECT_EQ(to_rfc3339(from_unix_seconds(-1)), "1969-12-31T23:59:59Z");
  EXPECT_EQ(to_rfc3339(from_unix_seconds(253402300799)), "9999-12-31T23:59:59Z");
}

TEST(Clock, WritesWholeSecondsAndRoundsDown) {
  EXPECT_EQ(to_rfc3339(from_unix_seconds(59) + microseconds(999999)), "1970-01-01T00:00:59Z");
  EXPECT_EQ(to_rfc3339(from_unix_seconds(0) - microseconds(1)), "1969-12-31T23:59:59Z");
  EXPECT_EQ(unix_seconds(from_unix_seconds(0) - microseconds(1)), -1);
}

TEST(Clock, ReadsWhatItWrites) {
  for (const std::int64_t second : {0LL, 951782400LL, 1705314600LL, 4102444799LL}) {
    EXPECT_EQ(seconds_of(to_rfc3339(from_unix_seconds(second))), second);
  }
}

// RFC 3339 section 5.8
TEST(Clock, ReadsTheExamplesOfTheRfc) {
  EXPECT_EQ(parse_rfc3339("1985-04-12T23:20:50.52Z"), from_unix_seconds(482196050) + microseconds(520000));
  EXPECT_EQ(seconds_of("1996-12-19T16:39:57-08:00"), 851042397);
  EXPECT_EQ(seconds_of("1990-12-31T23:59:60Z"), 662688000);
  EXPECT_EQ(parse_rfc3339("1937-01-01T12:00:27.87+00:20"),
            from_unix_seconds(-1041337173) + microseconds(870000));
}

TEST(Clock, ReadsMicrosecondsAndDropsWhatIsFiner) {
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00.000001Z"), from_unix_seconds(0) + microseconds(1));
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00.9999999999Z"), from_unix_seconds(0) + microseconds(999999));
}

TEST(Clock, ReadsTheFirstAndTheLastYear) {
  EXPECT_TRUE(parse_rfc3339("0001-01-01T00:00:00Z"));
  EXPECT_TRUE(parse_rfc3339("9999-12-31T23:59:59.999999Z"));
  EXPECT_TRUE(parse_rfc3339("9999-12-31T23:59:59+00:01"));
}

TEST(Clock, KnowsLeapDays) {
  EXPECT_TRUE(parse_rfc3339("2024-02-29T00:00:00Z"));
  EXPECT_TRUE(parse_rfc3339("2000-02-29T00:00:00Z"));
  EXPECT_FALSE(parse_rfc3339("2023-02-29T00:00:00Z"));
  EXPECT_FALSE(parse_rfc3339("1900-02-29T00:00:00Z"));
}

TEST(Clock, RefusesWhatIsNoRfc3339) {
  for (const auto* text : {"",
                           "2024",
                           "2024-01-15",
                           "2024-01-15T10:30:00",
                           "2024-01-15T10:30Z",
                           "2024-1-15T10:30:00Z",
                           "2024-13-01T00:00:00Z",
                           "2024-00-01T00:00:00Z",
                           "2024-01-32T00:00:00Z",
                           "2024-01-15T24:00:00Z",
                           "2024-01-15T10:60:00Z",
                           "2024-01-15T10:30:61Z",
                           "2024-01-15T10:30:00.Z",
                           "2024-01-15T10:30:00,5Z",
                           "2024-01-15T10:30:00+0100",
                           "2024-01-15T10:30:00+24:00",
                           "2024-01-15T10:30:00+01:60",
                           "2024-01-15T10:30:00ZZ",
                           "2024-01-15T10:30:00Z ",
                           " 2024-01-15T10:30:00Z",
                           "0000-01-01T00:00:00Z",
                           "0001-01-01T00:00:00+00:01",
                           "9999-12-31T23:59:59-00:01",
                           "9999-12-31T23:59:60Z",
                           "-024-01-15T10:30:00Z",
                           "20240115T103000Z",
                           "1705314600",
                           "2024-01-15T10:30:00\342\210\22201:00"}) {
    EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
  }
}

TEST(Clock, ReadsDurations) {
  EXPECT_EQ(parse_duration("900"), Seconds(900));
  EXPECT_EQ(parse_duration("30s"), Seconds(30));
  EXPECT_EQ(parse_duration("15m"), Seconds(900));
  EXPECT_EQ(parse_duration("24h"), Seconds(86400));
  EXPECT_EQ(parse_duration("90d"), Seconds(90 * 86400));
  EXPECT_EQ(parse_duration("0"), Seconds(0));
}

TEST(Clock, RefusesWhatIsNoDuration) {
  for (const auto* text :
       {"", "s", "-1", "+1", "1.5h", "1 h", " 1h", "1h ", "1hh", "1w", "1H", "0x10", "1h30m",
        "9223372036854775807", "9223372036854775808", "36601d", "99999999999999999999d"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
  EXPECT_EQ(parse_duration("36600d"), Seconds(36600LL * 86400));
}

TEST(Clock, WritesMicrosecondsWhereTheyAreWanted) {
  const Time time = from_unix_seconds(1705314600) + std::chrono::microseconds(42);
  EXPECT_EQ(to_exact_rfc3339(time), "2024-01-15T10:30:00.000042Z");
  EXPECT_EQ(to_rfc3339(time), "2024-01-15T10:30:00Z");
  EXPECT_EQ(parse_rfc3339(to_exact_rfc3339(time)), time);
}

TEST(Clock, WritesNoYearThatRfc3339DoesNotHave) {
  EXPECT_EQ(to_exact_rfc3339(Time::max()), "9999-12-31T23:59:59.999999Z");
  EXPECT_EQ(to_rfc3339(Time::min()), "0001-01-01T00:00:00Z");
}

}  // namespace
}  // namespace gatehouse
