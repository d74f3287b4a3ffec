#include "tests/support/documents.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace gatehouse::support {

std::string document(const std::string& name) {
  std::ifstream file(std::string(GATEHOUSE_SOURCE_DIR "/") + name);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string section(const std::string& text, const std::string& from, const std::string& to) {
  const auto begin = text.find(from);
  const auto end = text.find(to, begin);
  EXPECT_NE(begin, std::string::npos) << from;
  EXPECT_NE(end, std::string::npos) << to;
  return begin == std::string::npos ? "" : text.substr(begin, end - begin);
}

std::string shell_blocks(const std::string& text) {
  std::istringstream lines(text);
  std::string line;
  std::string blocks;
  bool inside = false;
  while (std::getline(lines, line)) {
    if (line.starts_with("```")) {
      inside = line == "```sh";
    } else if (inside) {
      blocks += line + "\n";
    }
  }
  return blocks;
}

void replace_all(std::string& text, const std::string& what, const std::string& with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

}  // namespace gatehouse::support
