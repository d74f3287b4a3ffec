#include <gtest/gtest.h>

#include <fstream>

#include "base/config.h"
#include "tests/support/temporary_folder.h"

namespace gatehouse {
namespace {

std::string value_of(const std::string& text) {
  const auto values = parse_env("NAME=" + text + "\nAFTER=after\n");
  EXPECT_EQ(values.at("AFTER"), "after") << text;
  return values.at("NAME");
}

std::string fault_of(std::string_view text) {
  try {
    parse_env(text);
    return {};
  } catch (const ConfigError& error) {
    return error.what();
  }
}

TEST(EnvFile, ReadsNamesAndValues) {
  const auto values = parse_env("A=1\n\n# a comment\n  B = two words \nexport C=3\r\nD=\n_E9=x");
  EXPECT_EQ(values, (Environment{{"A", "1"}, {"B", "two words"}, {"C", "3"}, {"D", ""}, {"_E9", "x"}}));
}

TEST(EnvFile, AValueEndsAtASpaceAndAHash) {
  EXPECT_EQ(value_of("x # comment"), "x");
  EXPECT_EQ(value_of("x#y"), "x#y");
  EXPECT_EQ(value_of("# comment"), "");
  EXPECT_EQ(value_of("'x # y' # comment"), "x # y");
}

TEST(EnvFile, SingleQuotesKeepEverything) {
  EXPECT_EQ(value_of(R"('a\n"$x`')"), R"(a\n"$x`)");
  EXPECT_EQ(value_of("'two\nlines'"), "two\nlines");
}

TEST(EnvFile, DoubleQuotesKnowEscapes) {
  EXPECT_EQ(value_of(R"("a\nb\"c\\d$x")"), "a\nb\"c\\d$x");
  EXPECT_EQ(value_of("\"two\nlines\""), "two\nlines");
}

TEST(EnvFile, NothingIsExpanded) {
  EXPECT_EQ(value_of("$HOME"), "$HOME");
  EXPECT_EQ(value_of("\"$(id)\""), "$(id)");
  EXPECT_EQ(value_of("a=b=c"), "a=b=c");
}

TEST(EnvFile, ANameThatIsThereTwiceIsRefused) {
  EXPECT_EQ(fault_of("A=1\nB='\n'\nA=2"), "line 4: A is there twice");
}

TEST(EnvFile, FaultsNameTheLineAndNeverTheValue) {
  EXPECT_EQ(fault_of("A=1\nhunter2\n"), "line 2: expected NAME=value");
  EXPECT_EQ(fault_of("9A=hunter2"), "line 1: expected NAME=value");
  EXPECT_EQ(fault_of("A B=hunter2"), "line 1: expected NAME=value");
  EXPECT_EQ(fault_of("A=1\nB='hunter2\n"), "line 3: the quote is not closed");
  EXPECT_EQ(fault_of("\nA=\"x\" hunter2"), "line 2: text after the closing quote");
}

TEST(EnvFile, ComesBackAsItWasWritten) {
  const Environment values{{"PLAIN", "x"},         {"EMPTY", ""},
                           {"SPACES", "  a b  "},  {"QUOTES", "'\"`"},
                           {"BACKSLASH", "\\n\\"}, {"LINES", "-----BEGIN\nx\n-----END\n"},
                           {"HASH", "a # b"},      {"DOLLAR", "$HOME$(id)"},
                           {"UTF8", "张三"},       {"RETURN", "a\r\nb\t"}};
  EXPECT_EQ(parse_env(to_env(values)), values);
}

TEST(EnvFile, AMissingFileIsEmpty) { EXPECT_EQ(read_env_file("/nonexistent/.env"), Environment{}); }

TEST(EnvFile, AFileThatCannotBeReadIsNamed) {
  try {
    read_env_file("/dev/null/.env");
    FAIL() << "it was read";
  } catch (const ConfigError& error) {
    EXPECT_EQ(std::string(error.what()), "/dev/null/.env: Not a directory");
  }
}

TEST(EnvFile, AFaultInAFileNamesTheFile) {
  const support::TemporaryFolder folder;
  const std::string path = folder.path() + "/env";
  std::ofstream(path) << "A=1\nB\n";
  try {
    read_env_file(path);
    FAIL() << "it was read";
  } catch (const ConfigError& error) {
    EXPECT_EQ(error.what(), path + ", line 2: expected NAME=value");
  }
}

TEST(EnvFile, OnlySettingsAreTakenFromTheEnvironment) {
  ::setenv("TOKEN_SIGNING_ALG", "ES256", 1);
  ::setenv("REFRESH_GRACE", "", 1);
  const auto values = process_environment();
  ::unsetenv("TOKEN_SIGNING_ALG");
  ::unsetenv("REFRESH_GRACE");
  EXPECT_EQ(values.at("TOKEN_SIGNING_ALG"), "ES256");
  EXPECT_FALSE(values.contains("REFRESH_GRACE"));
  EXPECT_FALSE(values.contains("PATH"));
}

}  // namespace
}  // namespace gatehouse
