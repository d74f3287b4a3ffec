// The exchange at Coze: what is sent, what comes back, and who asks.
#include "flows/coze.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "outbound/curl_https.h"
#include "tests/support/coze_stand_in.h"
#include "tests/support/flow_test.h"
#include "tests/support/temporary_folder.h"

namespace gatehouse::flows {
namespace {

using support::CozeStandIn;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Kind = CozeAnswer::Kind;
using Mood = CozeStandIn::Mood;

class CozeTest : public support::FlowTest {
 protected:
  // Each test has a key id of its own: answers are shared by all of this database.
  const std::string kid = "key-" + unique_digits();
  CozeSettings settings() const { return stand_in.settings("the api key"); }
  CozeAnswer ask(std::int64_t duration = 3600, const CozePatience& patience = {}) {
    outbound::CurlHttps https("");
    return coze_token(worker, https, seal, coze, *coze.key(kid), duration, clock, patience);
  }

  // What so many get that ask at the same time, for so many different durations.
  std::vector<std::string> bodies_at_once(std::size_t count, int durations = 1) {
    std::vector<std::string> bodies(count);
    std::vector<std::thread> threads;
    for (auto& body : bodies) {
      const int duration = 60 + static_cast<int>(threads.size()) % durations;
      threads.emplace_back([&, duration] {
        db::Connection own = support::connected_worker();
        outbound::CurlHttps https("");
        body = coze_token(own, https, seal, coze, *coze.key(kid), duration, clock).body;
      });
    }
    for (auto& thread : threads) thread.join();
    return bodies;
  }

  CozeStandIn stand_in{{{{kid, CozeStandIn::key()}}, "app-1", "127.0.0.1"}, clock};
  Coze coze{settings()};
};

TEST_F(CozeTest, TheAssertionIsAsCozeWantsIt) {
  const auto answer = ask();
  EXPECT_EQ(answer.kind, Kind::token) << answer.body;
  EXPECT_THAT(stand_in.complaints(), IsEmpty());
  EXPECT_THAT(answer.body, HasSubstr("\"expires_in\":1900003600"));
}

TEST_F(CozeTest, WithoutAnAppTheApiKeyIsTheIssuer) {
  auto without = settings();
  without.app_id.clear();
  coze = Coze(without);
  ask();
  EXPECT_THAT(stand_in.complaints(), ElementsAre("iss"));
}

TEST_F(CozeTest, AnAnswerIsUsedAgainUntilShortlyBeforeItExpires) {
  const auto first = ask();
  later(Seconds(3500));
  EXPECT_EQ(ask().body, first.body);
  later(Seconds(45));
  EXPECT_NE(ask().body, first.body);
  EXPECT_EQ(stand_in.asked(), 2);
}

TEST_F(CozeTest, AnotherDurationOrKeyIsAnotherAnswer) {
  ask(3600);
  ask(1800);
  EXPECT_EQ(stand_in.asked(), 2);
}

TEST_F(CozeTest, ADayIsAskedForAsTheMostThatCozeTakes) {
  EXPECT_EQ(ask(86400).kind, Kind::token);
  EXPECT_THAT(stand_in.seen().at(0).body, HasSubstr("\"duration_seconds\":86399"));
}

TEST_F(CozeTest, TheAnswerLiesSealedInTheDatabase) {
  ask();
  EXPECT_EQ(
      support::raw_text(
          owner, "SELECT count(*) AS value FROM coze_answers WHERE position('czs_'::bytea IN sealed) > 0"),
      "0");
  EXPECT_EQ(
      support::raw_text(owner, "SELECT count(*) > 0 AS value FROM coze_answers WHERE sealed IS NOT NULL"),
      "t");
}

TEST_F(CozeTest, WithoutTheCacheEachRequestAsks) {
  auto without = settings();
  without.uses_cache = false;
  coze = Coze(without);
  ask();
  ask();
  EXPECT_EQ(stand_in.asked(), 2);
}

TEST_F(CozeTest, WithoutTheCacheEachRequestAsksAlsoAtOnce) {
  auto without = settings();
  without.uses_cache = false;
  coze = Coze(without);
  for (const auto& body : bodies_at_once(32)) EXPECT_THAT(body, HasSubstr("czs_"));
  EXPECT_EQ(stand_in.asked(), 32);
  EXPECT_THAT(stand_in.complaints(), IsEmpty());
}

TEST_F(CozeTest, WhoComesMeanwhileWaitsForTheOneCall) {
  const auto bodies = bodies_at_once(4);
  EXPECT_EQ(stand_in.asked(), 1);
  for (const auto& body : bodies) EXPECT_EQ(body, bodies.front());
}

// Whatever the durations are that they ask for.
TEST_F(CozeTest, OnlyOneCallIsUnderWayForAKey) {
  const auto bodies = bodies_at_once(8, 4);
  for (const auto& body : bodies) EXPECT_THAT(body, HasSubstr("czs_"));
  EXPECT_EQ(stand_in.asked(), 4);
  EXPECT_EQ(stand_in.most_at_once(), 1);
}

TEST_F(CozeTest, ACallerThatDiedBlocksNobodyForLongerThanItsLease) {
  ask(100);
  support::raw(
      owner,
      "UPDATE coze_answers SET good_until = NULL, lease = 'dead', leased_until = '2030-03-17T17:46:45Z'");
  const CozePatience short_one{std::chrono::milliseconds(5000), std::chrono::milliseconds(100)};
  EXPECT_EQ(ask(100, short_one).kind, Kind::nothing);
  later(Seconds(10));
  EXPECT_EQ(ask(100, short_one).kind, Kind::token);
}

TEST_F(CozeTest, WhatCozeRefusesComesBackAsItCame) {
  stand_in.be(Mood::error);
  const auto answer = ask();
  EXPECT_EQ(answer.kind, Kind::refused);
  EXPECT_EQ(answer.body, R"({"error_code":"invalid_request", "error_message":"no"})");
}

TEST_F(CozeTest, ABadAnswerIsNotUsedAgain) {
  stand_in.be(Mood::error);
  ask();
  stand_in.be(Mood::well);
  EXPECT_EQ(ask().kind, Kind::token);
}

TEST_F(CozeTest, HtmlIsGarbageAndOnlyItsBeginningIsKept) {
  stand_in.be(Mood::html);
  const auto answer = ask();
  EXPECT_EQ(answer.kind, Kind::garbage);
  EXPECT_EQ(answer.body.size(), 4096U);
}

TEST_F(CozeTest, HalfAnAnswerIsGarbage) {
  stand_in.be(Mood::half);
  EXPECT_EQ(ask().kind, Kind::garbage);
}

TEST_F(CozeTest, JsonThatIsNoTokenIsRefused) {
  stand_in.be(Mood::unusual);
  EXPECT_EQ(ask().kind, Kind::refused);
}

TEST_F(CozeTest, NoAnswerIsNothing) {
  stand_in.be(Mood::hung_up);
  EXPECT_EQ(ask().kind, Kind::nothing);
  stand_in.be(Mood::slow);
  const CozePatience impatient{std::chrono::milliseconds(300), std::chrono::milliseconds(300)};
  EXPECT_EQ(ask(3600, impatient).kind, Kind::nothing);
}

TEST_F(CozeTest, TheApiKeyIsThisOneAndNoOther) {
  EXPECT_TRUE(coze.is_api_key("the api key"));
  for (const auto* other : {"", "the api ke", "the api key ", "THE API KEY"})
    EXPECT_FALSE(coze.is_api_key(other));
}

TEST_F(CozeTest, OneKeyIsItselfUnderEveryName) {
  for (const auto* name : {"one", "two"}) {
    const auto key = coze.key(name);
    ASSERT_TRUE(key);
    EXPECT_EQ(key->kid(), name);
    EXPECT_EQ(key->public_pem(), CozeStandIn::key().public_pem());
  }
}

class CozeKeyFolder : public testing::Test {
 protected:
  CozeKeyFolder() {
    settings.api_key = Secret("x");
    settings.key_folder = folder.path();
  }
  void put(const std::string& name, const crypto::Key& key) const {
    std::ofstream(folder.path() + "/" + name) << key.private_pem().reveal();
  }
  const support::TemporaryFolder folder{};
  CozeSettings settings;
};

TEST_F(CozeKeyFolder, EachKeyIsFoundByItsFilesNameAndNoOther) {
  const auto one = crypto::Key::generate(crypto::Alg::rs256);
  const auto two = crypto::Key::generate(crypto::Alg::rs256);
  put("one.pem", one);
  put("two-2.pem", two);
  std::ofstream(folder.path() + "/README") << "no key";
  const Coze coze(settings);
  EXPECT_EQ(coze.key("one")->public_pem(), one.public_pem());
  EXPECT_EQ(coze.key("two-2")->public_pem(), two.public_pem());
  EXPECT_EQ(coze.key("two-2")->kid(), "two-2");
  for (const auto* unknown : {"", "three", "README", "one.pem", "../one"}) EXPECT_FALSE(coze.key(unknown));
}

TEST_F(CozeKeyFolder, AnEmptyOneOrABadKeyInItIsRefusedAtTheStart) {
  EXPECT_THROW(Coze{settings}, std::invalid_argument);
  put("curve.pem", crypto::Key::generate(crypto::Alg::es256));
  EXPECT_THROW(Coze{settings}, std::invalid_argument);
  settings.key_folder += "/nonexistent";
  EXPECT_THROW(Coze{settings}, std::invalid_argument);
}

TEST_F(CozeKeyFolder, AFileThatCannotBeReadIsNamedAsThat) {
  std::filesystem::create_symlink("/nonexistent", folder.path() + "/kid.pem");
  try {
    const Coze made(settings);
    FAIL();
  } catch (const std::invalid_argument& refusal) {
    EXPECT_EQ(std::string(refusal.what()),
              "JWT_PRIVATE_KEY_DIR: cannot be read: " + folder.path() + "/kid.pem");
  }
}

TEST(CozeKeys, AnotherKindOfKeyIsRefusedAtTheStart) {
  CozeSettings settings;
  settings.api_key = Secret("x");
  settings.private_key = Secret("-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----");
  EXPECT_THROW(Coze{settings}, std::invalid_argument);
  settings.private_key =
      Secret(std::string(crypto::Key::generate(crypto::Alg::es256).private_pem().reveal()));
  EXPECT_THROW(Coze{settings}, std::invalid_argument);
}

}  // namespace
}  // namespace gatehouse::flows
