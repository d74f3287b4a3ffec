// The README's own lines, pasted in their order into one shell: a document that is run does not rot.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/support/provider.h"
#include "tests/support/providers.h"
#include "tests/support/secrets.h"
#include "tests/support/stack.h"

namespace gatehouse::support {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

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

// The ```sh blocks of a text, one after the other.
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

// What a block of the README says when it is pasted into a shell beside this instance.
CommandResult pasted(const Instance& instance, std::string script) {
  replace_all(script, "http://localhost:8080", instance.http(""));
  replace_all(script, "http://localhost:9000", instance.coze(""));
  replace_all(script, "scripts/generate_jwt", GATEHOUSE_SOURCE_DIR "/scripts/generate_jwt");
  replace_all(script, "scripts/gatehouse", GATEHOUSE_SOURCE_DIR "/scripts/gatehouse");
  replace_all(script, "curl ", "curl --fail-with-body ");

  return run_command({"bash", "-euo", "pipefail", "-c", "cd \"$(mktemp -d)\"\n" + script},
                     {{"GATEHOUSE_ENV_FILE", instance.env_file()}});
}

TEST_F(Stack, TheReadmesLinesWorkAsTheyAre) {
  const std::string script = shell_blocks(section(document("README.md"), "## Using it", "### Errors"));
  ASSERT_THAT(script, HasSubstr("/token/generate"));
  const auto result = pasted(first, script);
  std::istringstream lines(result.output);
  for (std::string line; std::getline(lines, line);) remember_secrets_in(line);
  EXPECT_TRUE(result.ok()) << result.output;
  for (const char* word :
       {R"("status":"healthy")", R"("token_type":"Bearer")", R"("valid":true)", R"("active":true)",
        R"("name": "张三")", R"("is_valid":true,"user_id":42)", R"("issuer":)", R"("keys":)"}) {
    EXPECT_THAT(result.output, HasSubstr(word));
  }
  EXPECT_THAT(result.output, Not(HasSubstr(R"("error")")));
}

TEST_F(CozeStack, TheReadmesLinesThatWantSettingsWorkToo) {
  const std::string script =
      shell_blocks(section(document("README.md"), "## Programs behind a token", "## Administration"));
  ASSERT_THAT(script, HasSubstr("/api/v1/songs"));
  const auto songs = songs_behind_the_gate();
  HttpsServer::Options vault;
  vault.port = port_of(first.setting("TESLA_TOKEN_URL"));
  vault.authority = std::filesystem::path(first.setting("UPSTREAM_CA_FILE")).parent_path();
  Provider provider(vault);
  provider.adopt("your_tesla_refresh_token");

  const auto result = pasted(first, script);
  std::istringstream lines(result.output);
  for (std::string line; std::getline(lines, line);) remember_secrets_in(line);
  EXPECT_TRUE(result.ok()) << result.output;
  EXPECT_THAT(result.output, HasSubstr(R"({"songs":["dx"]})"));
  EXPECT_THAT(result.output, HasSubstr(R"("access_token":"czs_)"));
  EXPECT_THAT(result.output, HasSubstr(R"("message":"Token saved successfully")"));
  EXPECT_THAT(result.output, HasSubstr(R"("message":"Token is valid")"));
  EXPECT_THAT(result.output, HasSubstr(R"("refresh_token":"upstream-refresh-)"));
  EXPECT_THAT(result.output, HasSubstr(R"("refresh_token":"gh_)"));
  EXPECT_THAT(result.output, HasSubstr(R"("message":"Token deleted successfully")"));
  EXPECT_THAT(result.output, Not(HasSubstr(R"("error")")));
}

}  // namespace
}  // namespace gatehouse::support
