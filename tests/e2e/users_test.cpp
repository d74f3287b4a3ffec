// Users through the whole stack: many at once, the end of their tokens in every worker, and pages in
// browsers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "base/json.h"
#include "tests/support/secrets.h"
#include "tests/support/stack.h"

namespace gatehouse::support {
namespace {

constexpr const char* kOrigin = "https://app.example.com";  // what scripts/test has allowed

class Users : public Stack {
 protected:
  HttpCall with_key(const std::string& path, const std::string& key, const std::string& body) const {
    HttpCall call = json_call(first.http(path), body);
    call.headers.push_back("Authorization: Bearer " + key);
    return call;
  }
  static std::string credentials(const std::string& email, const std::string& password) {
    remember_secret(password);
    return json::Object().add("email", email).add("password", password).str();
  }
  HttpCall enroll_call(const std::string& email) const {
    return with_key("/v1/auth/register", public_key, credentials(email, kPassword));
  }
  HttpCall login_call(const std::string& email, const std::string& password) const {
    return with_key("/v1/auth/login", public_key, credentials(email, password));
  }
  HttpCall me_call(const std::string& token) const {
    return {.url = first.http("/v1/users/me"), .headers = {"Authorization: Bearer " + token}};
  }
  static std::map<int, int> statuses(const std::vector<HttpAnswer>& answers) {
    std::map<int, int> count;
    for (const auto& answer : answers) ++count[answer.status];
    return count;
  }
  HttpCall preflight(const std::string& path, const std::string& origin) const {
    return {.method = "OPTIONS",
            .url = first.http(path),
            .headers = {"Origin: " + origin, "Access-Control-Request-Method: POST",
                        "Access-Control-Request-Headers: authorization,content-type"}};
  }

  static constexpr const char* kPassword = "correct horse battery staple";
  const HttpAnswer made = send(json_call(first.http("/v1/tenants"), R"({"name":"e2e"})"));
  const std::string public_key = made.text("public_key");
  const std::string secret_key = made.text("secret_key");
};

TEST_F(Users, OfTwoHundredRegistrationsAtOnceOneWins) {
  const auto answers = send_at_once(std::vector<HttpCall>(200, enroll_call("ann@example.com")));
  EXPECT_EQ(statuses(answers), (std::map<int, int>{{201, 1}, {409, 199}}));
  const auto users =
      send({.url = first.http("/v1/users"), .headers = {"Authorization: Bearer " + secret_key}}).json();
  EXPECT_EQ(users.root().find("users").value().items().size(), 1U);
}

TEST_F(Users, AThousandWrongPasswordsOver64ConnectionsAreTenTries) {
  send(enroll_call("ann@example.com"));
  std::vector<HttpAnswer> answers;
  HttpCall wrong = login_call("ann@example.com", "a wrong password");
  wrong.headers.push_back("X-Forwarded-For: 203.0.113.9");  // from nobody who is trusted: changes nothing
  for (int sent = 0; sent < 1000; sent += 64) {
    const auto some = static_cast<std::size_t>(std::min(64, 1000 - sent));
    for (auto& answer : send_at_once(std::vector<HttpCall>(some, wrong)))
      answers.push_back(std::move(answer));
  }
  EXPECT_EQ(statuses(answers), (std::map<int, int>{{401, 10}, {429, 990}}));
  EXPECT_NE(answers.back().header("retry-after"), std::nullopt);
  HttpCall elsewhere = login_call("ann@example.com", kPassword);
  elsewhere.source = "127.0.0.9";
  EXPECT_EQ(send(elsewhere).status, 200);
}

TEST_F(Users, TheSameEmailInTwoTenantsIsTwoUsers) {
  const auto other = send(json_call(first.http("/v1/tenants"), R"({"name":"other"})"));
  const auto mine = send(enroll_call("ann@example.com"));
  const auto theirs = send(
      with_key("/v1/auth/register", other.text("public_key"), credentials("ann@example.com", kPassword)));
  EXPECT_EQ(mine.status, 201);
  EXPECT_EQ(theirs.status, 201);
  EXPECT_NE(mine.text("id"), theirs.text("id"));
}

TEST_F(Users, TheTokenOfADisabledOrDeletedUserEndsInEveryWorker) {
  for (const auto* method : {"PATCH", "DELETE"}) {
    SCOPED_TRACE(method);
    const std::string email = std::string(method) + "@example.com";
    const std::string id = send(enroll_call(email)).text("id");
    const std::string token = send(login_call(email, kPassword)).text("token");
    EXPECT_EQ(statuses(send_at_once(std::vector<HttpCall>(32, me_call(token)))),
              (std::map<int, int>{{200, 32}}));
    HttpCall end = with_key("/v1/users/" + id, secret_key, R"({"disabled":true})");
    end.method = method;
    EXPECT_EQ(send(end).status, 200);
    EXPECT_EQ(statuses(send_at_once(std::vector<HttpCall>(32, me_call(token)))),
              (std::map<int, int>{{401, 32}}));
  }
}

TEST_F(Users, TheTenantCommandMakesKeysAndDeletes) {
  const auto rotated = first.gatehouse({"tenant", "rotate-key", made.text("id"), "--json"});
  EXPECT_TRUE(rotated.ok()) << rotated.output;
  remember_secrets_in(rotated.output);
  EXPECT_EQ(json::Document::parse(rotated.output).root().find("public_key"), std::nullopt);
  EXPECT_THAT(first.gatehouse({"tenant", "list"}).output, testing::HasSubstr(made.text("id")));
  EXPECT_TRUE(first.gatehouse({"tenant", "delete", made.text("id"), "--yes"}).ok());
  EXPECT_EQ(send({.url = first.http("/v1/tenants/" + made.text("id"))}).status, 404);
  EXPECT_FALSE(first.gatehouse({"tenant", "delete", made.text("id"), "--yes"}).ok());
}

TEST_F(Users, APreflightOfAnAllowedOriginIsAnswered) {
  for (const auto* path : {"/v1/auth/register", "/v1/auth/login", "/v1/auth/logout", "/v1/users/me"}) {
    const auto answer = send(preflight(path, kOrigin));
    EXPECT_EQ(answer.status, 204) << path;
    EXPECT_EQ(answer.header("access-control-allow-origin"), kOrigin) << path;
    EXPECT_EQ(answer.header("access-control-allow-methods"), "GET, POST") << path;
    EXPECT_EQ(answer.header("access-control-allow-headers"), "Authorization, Content-Type") << path;
    EXPECT_EQ(answer.header("vary"), "Origin") << path;
  }
}

TEST_F(Users, NoOtherOriginAndNoOtherPathIsAllowed) {
  for (const auto* origin : {"https://evil.example.com", "https://app.example.com.evil.com", "null", "*"}) {
    const auto answer = send(preflight("/v1/auth/login", origin));
    EXPECT_EQ(answer.header("access-control-allow-origin"), std::nullopt) << origin;
    EXPECT_EQ(answer.header("access-control-allow-methods"), std::nullopt) << origin;
    EXPECT_EQ(answer.header("vary"), "Origin") << origin;
  }
  for (const auto* path :
       {"/v1/users", "/v1/users/usr_abc123def456", "/v1/tenants", "/oauth/token", "/health"}) {
    const auto answer = send(preflight(path, kOrigin));
    EXPECT_EQ(answer.header("access-control-allow-origin"), std::nullopt) << path;
    EXPECT_EQ(answer.header("vary"), std::nullopt) << path;
  }
}

// A page must be able to read why it was refused, also by nginx itself.
TEST_F(Users, ErrorsCanBeReadByThePage) {
  HttpCall wrong = login_call("nobody@example.com", "a wrong password");
  wrong.headers.push_back(std::string("Origin: ") + kOrigin);
  EXPECT_EQ(send(wrong).header("access-control-allow-origin"), kOrigin);
  wrong.body = std::string(70000, ' ');
  const auto too_large = send(wrong);
  EXPECT_EQ(too_large.status, 413);
  EXPECT_EQ(too_large.header("access-control-allow-origin"), kOrigin);
}

}  // namespace
}  // namespace gatehouse::support
