// The programs that follow the identity API's document: curl, axios and requests, each as a user would run
// it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "tests/support/example.h"
#include "tests/support/secrets.h"
#include "tests/support/stack.h"

namespace gatehouse::support {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::SizeIs;
using testing::StartsWith;

class IdaasExamples : public Stack {
 protected:
  // Its lines. By name, as in the document, so on IPv6 where the machine has it.
  std::vector<std::string> run(const std::string& interpreter, const std::string& program,
                               std::map<std::string, std::string> environment = {}) const {
    environment["ORIGIN"] = origin;
    return run_file(interpreter, std::string(GATEHOUSE_SOURCE_DIR) + "/tests/e2e/" + program, environment);
  }
  // As it stands in the document but for the host.
  std::vector<std::string> run_to_the_letter(
      const std::string& interpreter, const std::string& program,
      const std::map<std::string, std::string>& environment = {}) const {
    return run_file(interpreter, example_at(program, "http://localhost:8080", origin), environment);
  }
  static std::vector<std::string> run_file(const std::string& interpreter, const std::string& file,
                                           const std::map<std::string, std::string>& environment) {
    const auto result = run_command({interpreter, file}, environment);
    std::istringstream text(result.output);
    std::vector<std::string> lines;
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    for (const auto& line : lines) remember_secrets_in(line);
    EXPECT_TRUE(result.ok()) << result.output;
    return lines;
  }

  const std::string origin = "http://localhost:" + first.setting("GATEHOUSE_HTTP_PORT");
};

TEST_F(IdaasExamples, TheCurlLinesGetWhatTheDocumentShows) {
  const auto client = new_client({"user:read", "user:write"});
  const auto lines = run_to_the_letter("bash", "idaas_curl.sh",
                                       {{"CLIENT_ID", client.id}, {"CLIENT_SECRET", client.secret}});
  ASSERT_THAT(lines, SizeIs(7));
  EXPECT_THAT(lines[0], HasSubstr(R"("status":"healthy")"));
  EXPECT_THAT(lines[1], MatchesRegex(R"(\{"id":"tnt_[a-z0-9]+","name":"我的应用","public_key":"pub_[^"]+",)"
                                     R"("secret_key":"sec_[^"]+","created_at":"[^"]+Z"\})"));
  const std::string user = lines[2];
  EXPECT_THAT(user, MatchesRegex(R"(\{"id":"usr_[a-z0-9]+","email":"user@example.com","profile":\{.+\},)"
                                 R"("created_at":"[^"]+Z"\})"));
  EXPECT_THAT(lines[3], StartsWith(R"({"user":)" + user + R"(,"token":"eyJ)"));
  EXPECT_EQ(lines[4], user);
  EXPECT_THAT(lines[5],
              MatchesRegex(R"(\{"access_token":"eyJ[^"]+","token_type":"Bearer","expires_in":300.*\})"));
  EXPECT_THAT(lines[6], MatchesRegex(R"(\{"access_token":"eyJ[^"]+","token_type":"Bearer","expires_in":300,)"
                                     R"("scopes":\["user:read","user:write"\]\})"));
}

TEST_F(IdaasExamples, TheJavascriptFunctionsWorkToTheLetter) {
  EXPECT_THAT(
      run_to_the_letter("node", "idaas_axios_calls.js", {{"NODE_PATH", "/usr/share/nodejs"}}),
      ElementsAre("tenant: id name public_key secret_key created_at",
                  R"(registered: user@example.com {"name":"张三","role":"user"})", "signed in: user token",
                  "me: user@example.com id email profile created_at", StartsWith("{\"token\":")));
}

TEST_F(IdaasExamples, ThePythonFunctionsWorkToTheLetter) {
  EXPECT_THAT(run_to_the_letter("/usr/bin/python3", "idaas_requests_calls.py"),
              ElementsAre("tenant: id name public_key secret_key created_at",
                          R"(registered: user@example.com {"name": "张三", "role": "user"})",
                          StartsWith("{\"secret_key\":")));
}

// And what their error handlers are shown.
TEST_F(IdaasExamples, TheJavascriptOnesDo) {
  // Where Debian's node looks anyway.
  EXPECT_THAT(run("node", "idaas_axios.js", {{"NODE_PATH", "/usr/share/nodejs"}}), SizeIs(1));
}

TEST_F(IdaasExamples, ThePythonOnesDo) {
  EXPECT_THAT(run("/usr/bin/python3", "idaas_requests.py"), SizeIs(1));
}

}  // namespace
}  // namespace gatehouse::support
