// The README's own lines, pasted in their order into one shell: a document that is run does not rot.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>
#include <string>

#include "tests/support/documents.h"
#include "tests/support/provider.h"
#include "tests/support/providers.h"
#include "tests/support/secrets.h"
#include "tests/support/stack.h"

namespace gatehouse::support {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

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
