// Developer tokens as people use them: the command line, the document's own programs, and what of it must
// hold over all workers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <sstream>

#include "tests/support/providers.h"
#include "tests/support/secrets.h"
#include "tests/support/stack.h"

namespace gatehouse::support {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

class DevTokenStack : public Stack {
 protected:
  DevToken create(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"MyApp", "API", "Integration", "--tenant", tenant});
    return new_dev_token(more);
  }
  // What it says; expects it to go well.
  std::string say(const std::vector<std::string>& arguments) const {
    const auto result = first.gatehouse(arguments);
    EXPECT_TRUE(result.ok()) << result.output;
    return result.output;
  }
  HttpAnswer users_with(const std::string& token) const {
    HttpCall call;
    call.url = first.http("/api/v1/users");
    call.headers = {"Authorization: Bearer " + token};
    return send(call);
  }
  std::string last_used(const DevToken& token) const {
    const auto document = json::Document::parse(say({"devtoken", "info", token.id, "--json"}));
    return std::string(document.root().find("last_used")->text().value_or(""));
  }
  static std::string file(const std::string& name, const std::string& text) {
    const std::string path = test_folder() + "/" + name;
    std::ofstream(path) << text;
    return path;
  }
  std::string new_tenant() const {
    const auto made = send(json_call(first.http("/v1/tenants"), R"({"name":"developers"})"));
    remember_secrets_in(made.body);
    return made.text("id");
  }
  CommandResult run(const std::string& interpreter, const std::string& program,
                    const std::string& token) const {
    return run_command(
        {interpreter, GATEHOUSE_SOURCE_DIR "/tests/e2e/" + program},
        {{"ORIGIN", "http://localhost:" + first.setting("GATEHOUSE_HTTP_PORT")}, {"TOKEN", token}});
  }
  void import_the_documents_user() const {
    say({"user", "import", "--tenant", tenant,
         file("users.json", R"({"U123456": {"language": "ja", "nickname": "ユーザー名"}})")});
  }

  const std::string tenant = new_tenant();
};

TEST_F(DevTokenStack, TheDocumentsCurlLinesWork) {
  import_the_documents_user();
  const auto songs = songs_behind_the_gate();
  const auto result = run("bash", "devtokens_curl.sh", create().text);
  EXPECT_TRUE(result.ok()) << result.output;
  EXPECT_THAT(
      lines_of(result.output),
      ElementsAre(R"({"success":true,"count":1,"users":[{"user_id":"U123456","nickname":"ユーザー名"}]})",
                  R"({"success":true,"user_id":"U123456","nickname":"ユーザー名","data":)"
                  R"({"language": "ja", "nickname": "ユーザー名"}})",
                  R"({"songs":["dx"]})"));
}

TEST_F(DevTokenStack, TheDocumentsPythonAndJavascriptWork) {
  import_the_documents_user();
  const auto token = create();
  const std::string said = "Total users: 1\n  - ユーザー名 (U123456)\n";
  EXPECT_EQ(run("/usr/bin/python3", "devtokens_requests.py", token.text).output, said);
  EXPECT_EQ(run("node", "devtokens_fetch.js", token.text).output, said);
}

TEST_F(DevTokenStack, TheListIsATableThatAPersonCanRead) {
  const auto token = create({"--expires", "90d"});
  const auto lines = lines_of(say({"devtoken", "list", "--tenant", tenant, "--timezone", "Asia/Tokyo"}));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_THAT(lines[1], MatchesRegex(token.id +
                                     " +active +[0-9-]+ [0-9:]+ \\+0900 +- +[0-9-]+ [0-9:]+ \\+0900 "
                                     "+cli:[a-z]+ +" +
                                     tenant + " +MyApp API Integration"));
  for (const auto* column : {"STATUS", "TENANT", "NOTE"}) {
    const auto at = lines[0].find(column);
    EXPECT_NE(lines[1].at(at), ' ') << column;
    EXPECT_EQ(lines[1].at(at - 1), ' ') << column;
  }
}

TEST_F(DevTokenStack, ForScriptsTheListIsALineOfJsonEach) {
  const auto one = create();
  const auto two = create({"--expires", "90d"});
  const auto lines = lines_of(say({"devtoken", "list", "--tenant", tenant, "--json"}));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_THAT(lines[0],
              MatchesRegex("\\{\"token_id\":\"" + one.id +
                           "\",\"note\":\"MyApp API Integration\",\"status\":\"active\",\"revoked\":false,"
                           "\"tenant_id\":\"" +
                           tenant +
                           "\",\"created_by\":\"cli:[a-z]+\",\"created_at\":\"[0-9T:-]+Z\","
                           "\"last_used\":null,\"expires_at\":null\\}"));
  EXPECT_EQ(lines[1] + "\n", say({"devtoken", "info", two.id, "--json"}));
}

TEST_F(DevTokenStack, LocalTimesSayTheirZone) {
  const auto token = create();
  const std::string local = "[0-9-]+ [0-9:]+ [+-][0-9]+";
  EXPECT_THAT(lines_of(say({"devtoken", "list", "--tenant", tenant, "--local"})).at(1),
              MatchesRegex(token.id + " +active +" + local + " +- +- +cli:[a-z]+ +" + tenant + " .*"));
  const auto info = lines_of(say({"devtoken", "info", token.id, "--local"}));
  EXPECT_THAT(info, testing::Contains(MatchesRegex("created +" + local + " *")));
  EXPECT_THAT(lines_of(say({"devtoken", "list", "--tenant", tenant})).at(1),
              MatchesRegex(token.id + " +active +[0-9T:-]+Z .*"));
}

TEST_F(DevTokenStack, InfoIsMaskedAndWholeWhenAskedFor) {
  const auto token = create();
  EXPECT_THAT(say({"devtoken", "info", token.id}), Not(HasSubstr(token.text)));
  EXPECT_THAT(say({"devtoken", "info", token.id, "--reveal"}), HasSubstr(token.text));
  EXPECT_FALSE(first.gatehouse({"devtoken", "info", "jt_000000000000"}).ok());
}

TEST_F(DevTokenStack, ARevokedTokenIsRefusedByEveryWorker) {
  const auto token = create();
  const std::vector<HttpCall> calls(
      64, {.url = first.http("/api/v1/users"), .headers = {"Authorization: Bearer " + token.text}});
  for (const auto& answer : send_at_once(calls)) EXPECT_EQ(answer.status, 200);
  say({"devtoken", "revoke", token.id});
  for (const auto& answer : send_at_once(calls)) EXPECT_EQ(answer.status, 401);
}

TEST_F(DevTokenStack, TokensOfTheOldSystemGoOnWorking) {
  const std::string digits = std::to_string(std::chrono::steady_clock::now().time_since_epoch().count());
  const std::string id = "jt_" + digits.substr(digits.size() - 12);
  const std::string text = "actual_token_string" + digits;
  remember_secret(text);
  const auto old =
      file("dev_tokens.json", "{\"" + id + R"(": {"token": ")" + text +
                                  R"(", "note": "MyApp API Integration", "created_at": "2025-01-24 12:00:00",
      "created_by": "U123456", "last_used": "2025-01-24 15:30:00", "revoked": false}})");
  EXPECT_THAT(say({"devtoken", "import", old, "--tenant", tenant, "--timezone", "Asia/Tokyo"}),
              StartsWith("Imported 1 tokens; 0 were here already."));
  EXPECT_THAT(say({"devtoken", "import", old, "--tenant", tenant, "--timezone", "Asia/Tokyo"}),
              StartsWith("Imported 0 tokens; 1 were here already."));
  EXPECT_THAT(
      say({"devtoken", "info", id, "--json"}),
      HasSubstr(
          R"("created_by":"U123456","created_at":"2025-01-24T03:00:00Z","last_used":"2025-01-24T06:30:00Z")"));
  EXPECT_EQ(users_with(text).status, 200);
}

TEST_F(DevTokenStack, WhatAnImportDidIsToldToScriptsToo) {
  const std::string digits = std::to_string(std::chrono::steady_clock::now().time_since_epoch().count());
  const std::string id = "jt_" + digits.substr(digits.size() - 12);
  const std::string text = "another_token_string" + digits;
  remember_secret(text);
  const auto old = file("one.json", "{\"" + id + R"(": {"token": ")" + text +
                                        R"(", "note": "x", "created_at": "2025-01-24 12:00:00"}})");
  EXPECT_EQ(say({"devtoken", "import", old, "--tenant", tenant, "--json"}),
            R"({"imported":1,"present":0,"revoked":0,"short":[")" + id + "\"]}\n");
}

TEST_F(DevTokenStack, FlagsThatWouldDoNothingAreRefused) {
  const auto token = create();
  const std::vector<std::vector<std::string>> idle{
      {"create", "x", "--local"},        {"create", "x", "--timezone", "Asia/Tokyo"},
      {"revoke", token.id, "--local"},   {"revoke", token.id, "--timezone", "Asia/Tokyo"},
      {"list", "--json", "--local"},     {"info", token.id, "--json", "--timezone", "Asia/Tokyo"},
      {"import", "none.json", "--local"}};
  for (auto arguments : idle) {
    const std::string flag = arguments.back() == "Asia/Tokyo" ? "--timezone" : "--local";
    arguments.insert(arguments.begin(), "devtoken");
    const auto said = first.gatehouse(arguments);
    EXPECT_FALSE(said.ok()) << arguments[1];
    EXPECT_THAT(said.output, HasSubstr(flag)) << arguments[1];
  }
  EXPECT_EQ(users_with(token.text).status, 200);
}

TEST_F(DevTokenStack, HowLongATokenMayLiveIsSaid) {
  for (const auto* expires : {"0s", "soon", "36501d", "99999999999d", "99999999999999999999d"}) {
    const auto said = first.gatehouse({"devtoken", "create", "x", "--tenant", tenant, "--expires", expires});
    EXPECT_FALSE(said.ok()) << expires;
    EXPECT_THAT(said.output, HasSubstr("--expires must be a duration from 1s to 36500d")) << expires;
  }
}

TEST_F(DevTokenStack, AFileThatIsNoJsonIsNamed) {
  const auto wrong = file("broken.json", R"({"jt_1": )");
  const auto said = first.gatehouse({"devtoken", "import", wrong, "--tenant", tenant});
  EXPECT_FALSE(said.ok());
  EXPECT_THAT(said.output, HasSubstr(wrong + " must be one JSON object"));
  EXPECT_THAT(first.gatehouse({"user", "import", wrong}).output, HasSubstr(wrong));
}

TEST_F(DevTokenStack, AFileThatIsWrongIsNamedWhollyAndImportsNothing) {
  const std::string same = R"({"token": "the_same_token_string", "created_at": "2025-01-24 12:00:00"})";
  const auto wrong = file(
      "wrong.json", R"({"jt_1": {"token": "x"}, "jt_abc123def999": 5, "\u001b[2J": 5, "jt_same00000001": )" +
                        same + R"(, "jt_same00000002": )" + same + "}");
  const auto said = first.gatehouse({"devtoken", "import", wrong, "--tenant", tenant});
  EXPECT_FALSE(said.ok());
  for (const auto* part :
       {"wrong.json: nothing was imported", "jt_1: ", "\"created_at\"", "jt_abc123def999: must be an object",
        "entry 3: must be an object", "jt_same00000002: has the same token as jt_same00000001"})
    EXPECT_THAT(said.output, HasSubstr(part));
  EXPECT_EQ(lines_of(say({"devtoken", "list", "--tenant", tenant})).size(), 1U);
}

// Eight workers, each of which has written its first use at once and holds back the later ones.
TEST_F(DevTokenStack, AnOrderlyStopOfTheWorkersLosesNoUse) {
  const auto token = create();
  const auto stop = std::chrono::steady_clock::now() + std::chrono::seconds(3);
  while (std::chrono::steady_clock::now() < stop) ASSERT_EQ(users_with(token.text).status, 200);
  const std::string before = to_rfc3339(SystemClock().now() - Seconds(1));
  for (const auto worker : first.all_workers()) kill(worker, SIGTERM);
  EXPECT_TRUE(soon([&] { return last_used(token) >= before; }, std::chrono::seconds(5))) << last_used(token);
}

}  // namespace
}  // namespace gatehouse::support
