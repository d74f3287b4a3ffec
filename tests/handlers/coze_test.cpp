// POST /token: seed 003's errors, letter by letter where it has letters.
#include <gmock/gmock.h>

#include <fstream>

#include "tests/support/api_test.h"
#include "tests/support/coze_stand_in.h"
#include "tests/support/temporary_folder.h"

namespace gatehouse::handlers {
namespace {

using support::CozeStandIn;
using testing::HasSubstr;
using Mood = CozeStandIn::Mood;

class CozeApi : public support::ApiTest {
 protected:
  CozeApi() { coze = flows::Coze(stand_in.settings("the api key")); }
  support::Answer exchange(const std::string& api_key = "the api key", const std::string& rest = "") {
    return anyone().post("/token",
                         R"({"public_key":")" + kid + R"(","coze_api_key":")" + api_key + '"' + rest + "}");
  }

  const std::string kid = "key-" + unique_digits();
  CozeStandIn stand_in{{{{kid, CozeStandIn::key()}}, "app-1", "127.0.0.1"}, clock};
};

TEST_F(CozeApi, Exchange_200_WithCozesOwnAnswer) {
  const auto answer = exchange();
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.text("access_token"), HasSubstr("czs_"));
  EXPECT_EQ(answer.number("expires_in"), 1900000000 + 86399);
  EXPECT_EQ(answer.header("Cache-Control"), "no-store");
}

TEST_F(CozeApi, Exchange_400_WhatIsMissingOrWrong) {
  EXPECT_THAT(anyone().post("/token", R"({"coze_api_key":"x"})").text("error"), HasSubstr("public_key"));
  EXPECT_THAT(anyone().post("/token", R"({"public_key":"x"})").text("error"), HasSubstr("coze_api_key"));
  for (const auto* duration : {"0", "86401", "-1", "1.5", "\"60\""})
    EXPECT_EQ(exchange("the api key", std::string(",\"duration_seconds\":") + duration).status, 400)
        << duration;
  EXPECT_EQ(anyone().post("/token", "public_key=x").status, 415);
  EXPECT_EQ(stand_in.asked(), 0);
}

TEST_F(CozeApi, Exchange_401_WithAnotherApiKey) {
  const auto answer = exchange("another");
  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(answer.text("error"), "Invalid coze_api_key");
  EXPECT_EQ(stand_in.asked(), 0);
}

TEST_F(CozeApi, Exchange_400_WithAnUnknownKey) {
  const support::TemporaryFolder keys_folder{};
  std::ofstream(keys_folder.path() + "/another.pem") << CozeStandIn::key().private_pem().reveal();
  flows::CozeSettings settings;
  settings.api_key = Secret("the api key");
  settings.key_folder = keys_folder.path();
  coze = flows::Coze(settings);
  EXPECT_EQ(exchange().status, 400);
  EXPECT_EQ(exchange("wrong").status, 401);  // which keys there are is nobody's business
}

TEST_F(CozeApi, Exchange_404_WhileNothingIsConfigured) {
  coze = flows::Coze(flows::CozeSettings{});
  EXPECT_EQ(exchange().status, 404);
}

TEST_F(CozeApi, Exchange_500_WhenNothingComes) {
  stand_in.be(Mood::hung_up);
  EXPECT_EQ(exchange().status, 500);
}

TEST_F(CozeApi, Exchange_502_WithCozesError) {
  stand_in.be(Mood::error);
  const auto answer = exchange();
  EXPECT_EQ(answer.status, 502);
  EXPECT_EQ(answer.body, R"({"error_code":"invalid_request", "error_message":"no"})");
}

TEST_F(CozeApi, Exchange_502_WithTheBeginningOfWhatIsNoJson) {
  stand_in.be(Mood::html);
  const auto answer = exchange();
  EXPECT_EQ(answer.status, 502);
  EXPECT_THAT(answer.text("message"), HasSubstr("<html>"));
  stand_in.be(Mood::half);
  EXPECT_EQ(exchange("the api key", ",\"duration_seconds\":60").status, 502);
}

}  // namespace
}  // namespace gatehouse::handlers
