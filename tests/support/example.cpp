#include "tests/support/example.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "tests/support/instance.h"

namespace gatehouse::support {

std::string example_at(const std::string& program, const std::string& documents_origin,
                       const std::string& ours) {
  std::ifstream file(std::string(GATEHOUSE_SOURCE_DIR) + "/tests/e2e/" + program);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  auto at = text.find(documents_origin);
  EXPECT_NE(at, std::string::npos) << program << " does not name " << documents_origin;
  for (; at != std::string::npos; at = text.find(documents_origin, at + ours.size()))
    text.replace(at, documents_origin.size(), ours);
  const std::string copy = test_folder() + "/" + program;
  std::ofstream(copy) << text;
  return copy;
}

}  // namespace gatehouse::support
