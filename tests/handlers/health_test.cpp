#include <gmock/gmock.h>

#include "flows/signing_keys.h"
#include "tests/support/api_test.h"

namespace gatehouse::handlers {
namespace {

class Health : public support::ApiTest {};

TEST_F(Health, Show_200_WithWhatTheContractShows) {
  const auto answer = anyone().get("/health");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.text("status"), "healthy");
  EXPECT_EQ(answer.text("service"), "gatehouse");
  EXPECT_EQ(answer.text("timestamp"), to_rfc3339(time()));
  EXPECT_EQ(answer.text("version"), GATEHOUSE_VERSION);
}

TEST_F(Health, Show_200_SaysOkWhereTheSettingsSaySo) {
  configure({{"HEALTH_STATUS", "ok"}});
  EXPECT_EQ(anyone().get("/health").text("status"), "ok");
}

TEST_F(Health, Show_200_WhateverCredentialOrBodyComesAlong) {
  auto request = ApiTest::request("GET", "/health");
  request.authorization = "Basic ???";
  request.content_type = "text/plain";
  request.body_too_large = true;
  EXPECT_EQ(send(request).status, 200);
}

TEST_F(Health, Head_200_HasTheLengthAndNoBody) {
  const auto answer = anyone().send("HEAD", "/health");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("Content-Length"), std::to_string(anyone().get("/health").body.size()));
}

TEST_F(Health, Show_503_WhenVaultKeysDoNotOpenTheSigningKeys) {
  flows::ensure_signing_key(owner, seal, actor, crypto::Alg::es256, time());
  EXPECT_EQ(anyone().get("/health").status, 200);
  const auto others = crypto::SealKeys::parse("k2:" + std::string(43, 'A') + "=");
  serve_with(worker, revocations, others);
  const auto answer = anyone().get("/health");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.text("status"), "unhealthy");
  services.reset();
}

TEST_F(Health, Show_503_WhenTheFeedHangs) {
  flows::Revocations impatient(folder.path(), std::chrono::nanoseconds(0));
  serve_with(worker, impatient, seal);
  EXPECT_EQ(anyone().get("/health").status, 503);
  services.reset();
}

TEST_F(Health, Show_503_WhenPostgresqlIsOutOfReach) {
  lose_database();
  const auto answer = anyone().get("/health");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.text("status"), "unhealthy");
  EXPECT_EQ(answer.header("Retry-After"), "1");
}

}  // namespace
}  // namespace gatehouse::handlers
