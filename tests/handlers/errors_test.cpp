// Walks the error table: the body that every row gets in each of the three families.
#include <gmock/gmock.h>

#include "handlers/render.h"
#include "tests/support/api_test.h"

namespace gatehouse::handlers {
namespace {

using testing::HasSubstr;
using testing::Not;

support::Answer rendered(const Error& error, std::string_view path) {
  fcgi::Request request;
  request.path = path;
  request.request_id = "req-7";
  const auto response = render_error(error, request);
  EXPECT_EQ(response.content_type, "application/json");
  return {response.status, response.body, response.headers};
}

TEST(Errors, EveryRowHasThePlainShape) {
  for (const auto& row : kErrors) {
    const auto answer = rendered(Error(row.code), "/v1/internal/services/register");
    EXPECT_EQ(answer.status, row.status);
    EXPECT_EQ(answer.text("error"), row.text);
    EXPECT_FALSE(answer.has("message")) << "nothing more to say";
    EXPECT_FALSE(answer.has("base"));
  }
}

TEST(Errors, EveryRowHasBaseUnderToken) {
  for (const auto& row : kErrors) {
    const auto answer = rendered(Error(row.code, "Text"), "/token/verify");
    EXPECT_EQ(answer.status, row.status);
    EXPECT_EQ(answer.text("error"), "Text");
    EXPECT_NE(answer.number("base.status_code"), 0);
    EXPECT_EQ(answer.text("base.status_message"), "Text");
  }
}

TEST(Errors, EveryRowHasTheShapeOfRfc6749UnderOauth) {
  for (const auto& row : kErrors) {
    const auto answer = rendered(Error(row.code), "/oauth/token");
    EXPECT_EQ(answer.status, row.status);
    EXPECT_EQ(answer.text("error"), row.oauth);
    EXPECT_EQ(answer.text("error_description"), row.text);
    EXPECT_FALSE(answer.has("message"));
  }
}

TEST(Errors, EveryRowTellsAMessageWhereThereIsOne) {
  for (const auto& row : kErrors) {
    const auto said = [&] { return Error(row.code).with_message("more"); };
    EXPECT_EQ(rendered(said(), "/health").text("message"), "more");
    EXPECT_EQ(rendered(said(), "/token/verify").text("message"), "more");
    EXPECT_EQ(rendered(said(), "/oauth/token").text("error_description"), std::string(row.text) + ": more");
  }
}

TEST(Errors, NoRowShowsItsCause) {
  for (const auto& row : kErrors) {
    for (const auto* path : {"/health", "/token/verify", "/oauth/token"}) {
      EXPECT_THAT(rendered(Error(row.code, {}, "hunter2"), path).body, Not(HasSubstr("hunter2")));
    }
  }
}

TEST(Errors, OurOwnFailuresNameTheRequest) {
  for (const auto& row : kErrors) {
    const auto answer = rendered(Error(row.code), "/health");
    EXPECT_EQ(answer.has("request_id"), row.status >= 500);
    EXPECT_TRUE(row.status < 500 || answer.text("request_id") == "req-7");
  }
}

// What the seed lists for /oauth/token, as RFC 6749 has it.
class ErrorAnswers : public support::ApiTest {};

TEST_F(ErrorAnswers, OauthToken_401_SaysClientNotFound) {
  const auto answer = with_header(support::basic("svc_abc123def456", "wrong"))
                          .post("/oauth/token", "grant_type=client_credentials");
  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(answer.text("error"), "invalid_client");
  EXPECT_EQ(answer.text("error_description"), "Client not found");
  EXPECT_THAT(answer.header("WWW-Authenticate"), HasSubstr("Basic"));
}

TEST_F(ErrorAnswers, Generate_401_HasBase) {
  const auto answer = anyone().post("/token/generate", "user_id=42");
  EXPECT_EQ(answer.number("base.status_code"), 401);
  EXPECT_EQ(answer.text("base.status_message"), answer.text("error"));
}

TEST_F(ErrorAnswers, Refresh_401_AsksForNoHeader) {
  const auto answer = anyone().post("/token/refresh", "refresh_token=x");
  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(answer.text("error"), "Invalid refresh token");
  EXPECT_EQ(answer.header("WWW-Authenticate"), "");
}

}  // namespace
}  // namespace gatehouse::handlers
