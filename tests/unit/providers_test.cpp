// What an answer of a provider means: a pair that came over the line is kept, whatever stands beside it.
#include "outbound/providers.h"

#include <gtest/gtest.h>

namespace gatehouse::outbound {
namespace {

TokenAnswer read(const std::string& body, int status = 200) {
  const Provider provider{};
  Answer answer;
  answer.status = status;
  answer.body = body;
  return read_token_answer(provider, answer);
}

Seconds lifetime_of(const std::string& expires_in) {
  const auto answer =
      read(R"({"access_token":"A","refresh_token":"R","expires_in":)" + expires_in + R"(,"scope":[]})");
  if (!answer.grant || answer.grant->refresh_token.reveal() != "R") return Seconds(-1);
  return answer.grant->lifetime;
}

TEST(TokenAnswer, AnyWayToWriteALifetimeIsRead) {
  for (const auto* text : {"7200", "7200.0", "7200.9", "7.2e3", R"("7200")", R"("7200.0")"})
    EXPECT_EQ(lifetime_of(text), Seconds(7200)) << text;
}

TEST(TokenAnswer, ALifetimeOutOfRangeIsTheNearestThatIsInIt) {
  for (const auto* text : {"0", "-1", R"("0")", "0.3", "-1e300"})
    EXPECT_EQ(lifetime_of(text), Seconds(1)) << text;
  for (const auto* text : {"99999999", "99999999999999999999999", "1e300", R"("99999999")"})
    EXPECT_EQ(lifetime_of(text), Seconds(366L * 86400)) << text;
}

TEST(TokenAnswer, ALifetimeThatNobodyCanReadIsAnHour) {
  for (const auto* text :
       {"null", "true", "[]", "{}", R"("")", R"("soon")", R"("3600 s")", R"("nan")", R"("inf")"})
    EXPECT_EQ(lifetime_of(text), Seconds(3600)) << text;
  EXPECT_EQ(read(R"({"access_token":"A"})").grant.value().lifetime, Seconds(3600));
}

TEST(TokenAnswer, WithoutARefreshTokenTheOneBeforeGoesOn) {
  for (const auto* token : {"null", R"("")", "7"}) {
    const auto answer = read(R"({"access_token":"A","refresh_token":)" + std::string(token) + "}");
    ASSERT_TRUE(answer.grant) << token;
    EXPECT_EQ(answer.grant->access_token.reveal(), "A");
    EXPECT_TRUE(answer.grant->refresh_token.empty());
  }
}

TEST(TokenAnswer, ARefreshTokenBesideNoAccessTokenIsNotThrownAway) {
  for (const auto* beside :
       {"", R"("access_token":null,)", R"("access_token":"",)", R"("access_token":7,)"}) {
    const auto answer = read("{" + std::string(beside) + R"("refresh_token":"R","expires_in":60})");
    ASSERT_TRUE(answer.grant) << beside;
    EXPECT_TRUE(answer.grant->access_token.empty());
    EXPECT_EQ(answer.grant->refresh_token.reveal(), "R");
  }
}

TEST(TokenAnswer, AnySuccessBringsAPair) {
  for (const int status : {200, 201, 202, 203, 206})
    EXPECT_TRUE(read(R"({"access_token":"A","refresh_token":"R"})", status).grant) << status;
  EXPECT_FALSE(read(R"({"access_token":"A","refresh_token":"R"})", 400).grant);
}

TEST(TokenAnswer, SuccessWithoutATokenIsTemporary) {
  for (const auto* body : {"", "{}", "[]", "null", "<html>", R"({"access_token":7})"}) {
    for (const int status : {200, 201, 204}) {
      const auto answer = read(body, status);
      EXPECT_FALSE(answer.grant) << body;
      EXPECT_EQ(answer.refusal, Refusal::temporary) << body;
    }
  }
}

}  // namespace
}  // namespace gatehouse::outbound
