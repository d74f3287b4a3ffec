// Lines of requests, kept and written together.
#include "base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace gatehouse {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class KeptLines : public testing::Test {
 protected:
  KeptLines() {
    testing::internal::CaptureStderr();
    log::start("test", "");
    written();
    log::keep_request_lines();
  }
  ~KeptLines() override {
    log::flush();
    log::keep_request_lines(false);
    testing::internal::GetCapturedStderr();
  }

  static void answered(int status, const std::string& id) {
    log::RequestLine line;
    line.request_id = id;
    line.status = status;
    log::request(line);
  }
  // Since the last look.
  static std::string written() {
    std::string text = testing::internal::GetCapturedStderr();
    testing::internal::CaptureStderr();
    return text;
  }
};

TEST_F(KeptLines, AreWrittenInTheirOrderByFlush) {
  answered(200, "first");
  answered(201, "second");
  EXPECT_EQ(written(), "");
  log::flush();
  const std::string text = written();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  EXPECT_LT(text.find("first"), text.find("second"));
  log::flush();
  EXPECT_EQ(written(), "");
}

TEST_F(KeptLines, GoBeforeALineThatDoesNotWait) {
  answered(200, "good");
  answered(401, "refused");
  const std::string text = written();
  EXPECT_LT(text.find("good"), text.find("refused"));
  answered(200, "another");
  log::info("something");
  EXPECT_THAT(written(), HasSubstr("another"));
}

TEST_F(KeptLines, AreWrittenWhenTheyAreAPageAndNoneIsLostOrCut) {
  constexpr int kLines = 500;
  for (int i = 0; i < kLines; ++i) answered(200, "id-" + std::to_string(i) + std::string(500, 'x'));
  answered(200, std::string(9000, 'y'));
  log::flush();
  const std::string text = written();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), kLines + 1);
  for (int i = 0; i < kLines; ++i) EXPECT_THAT(text, HasSubstr("\"id-" + std::to_string(i) + "x"));
}

TEST_F(KeptLines, CanBeReadWhereACrashMustWriteThem) {
  answered(200, "the last one");
  EXPECT_THAT(std::string(log::kept()), StartsWith("{"));
  EXPECT_THAT(std::string(log::kept()), HasSubstr("the last one"));
}

}  // namespace
}  // namespace gatehouse
