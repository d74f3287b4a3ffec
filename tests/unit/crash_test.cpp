#include "base/crash.h"

#include <gtest/gtest.h>

#include <csignal>

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

}  // namespace
}  // namespace gatehouse
