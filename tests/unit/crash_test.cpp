#include "base/crash.h"

#include <gtest/gtest.h>

#include <csignal>

#include "base/log.h"

namespace gatehouse {
namespace {

// SIGABRT, since sanitizers watch the others themselves.
TEST(CrashReport, NamesTheSignalAndTheProcessDiesOfIt) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  const auto crash = [] {
    report_crashes();
    raise(SIGABRT);
  };
  EXPECT_EXIT(crash(), testing::KilledBySignal(SIGABRT),
              "\\{\"level\":\"error\",\"event\":\"crashed\",\"facts\":\\{\"signal\":\"SIGABRT\"\\}\\}");
}

TEST(CrashReport, ComesAfterTheLinesOfRequestsThatWereKept) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  const auto crash = [] {
    report_crashes();
    log::keep_request_lines();
    log::RequestLine line;
    line.status = 200;
    line.request_id = "the-last-one";
    log::request(line);
    raise(SIGABRT);
  };
  EXPECT_EXIT(crash(), testing::KilledBySignal(SIGABRT), "the-last-one[^\n]*\n[^\n]*crashed");
}

}  // namespace
}  // namespace gatehouse
