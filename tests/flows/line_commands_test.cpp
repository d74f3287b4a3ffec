// The commands of the LINE bot, in its three languages.
#include "flows/line_commands.h"

#include <gmock/gmock.h>

#include "db/line.h"
#include "flows/users.h"
#include "tests/support/flow_test.h"

namespace gatehouse::flows {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class LineCommandsTest : public support::FlowTest {
 protected:
  // A list shows the newest, other tests' too.
  LineCommandsTest() { support::raw(owner, "DELETE FROM dev_tokens"); }
  std::string say_to_bot(const std::string& text, bool is_private = true) {
    return line_command(worker, reveal, {user, text, is_private}, {user, "", ""}, time())
        .value_or("(silence)");
  }
  std::string created() {
    const auto text = say_to_bot("devtoken create MyApp API Integration");
    return text.substr(text.find("jt_"), 15);
  }
  const std::string user = "U" + unique_digits();
  const Reveal reveal{seal, true};
};

TEST_F(LineCommandsTest, CreateShowsIdTokenAndNote) {
  say_to_bot("devtoken lang en");
  const auto text = say_to_bot("devtoken create MyApp API Integration");
  EXPECT_THAT(text, AllOf(HasSubstr("Token ID: jt_"), HasSubstr("Token: "),
                          HasSubstr("Note: MyApp API Integration")));
  const auto token = text.substr(text.find("Token: ") + 7, 43);
  ASSERT_TRUE(find_dev_token(worker, token, time()));
  EXPECT_EQ(dev_token(worker, text.substr(text.find("jt_"), 15)).created_by, user);
}

TEST_F(LineCommandsTest, ASecretIsShownInPrivateOnly) {
  EXPECT_EQ(say_to_bot("devtoken create x", false), say(Language::ja, LineText::only_in_private));
  const auto id = created();
  EXPECT_EQ(say_to_bot("devtoken info " + id + " --reveal", false),
            say(Language::ja, LineText::only_in_private));
  EXPECT_THAT(say_to_bot("devtoken info " + id, false), HasSubstr("********"));
}

TEST_F(LineCommandsTest, InfoShowsItMaskedAndWholeOnRequest) {
  const auto id = created();
  EXPECT_THAT(say_to_bot("devtoken info " + id),
              AllOf(HasSubstr("********"), HasSubstr("MyApp"), HasSubstr(user)));
  const auto whole = reveal_dev_token(worker, reveal, actor, id, time());
  EXPECT_THAT(say_to_bot("devtoken info " + id + " --reveal"), HasSubstr(std::string(whole.reveal())));
}

TEST_F(LineCommandsTest, RevokeEndsIt) {
  const auto id = created();
  EXPECT_EQ(say_to_bot("devtoken revoke " + id), say(Language::ja, LineText::revoked, {id}));
  EXPECT_EQ(say_to_bot("devtoken revoke " + id), say(Language::ja, LineText::was_revoked, {id}));
  EXPECT_EQ(state_of(dev_token(worker, id), time()), DevTokenState::revoked);
  EXPECT_EQ(say_to_bot("devtoken revoke jt_000000000000"),
            say(Language::ja, LineText::unknown_token, {"jt_000000000000"}));
}

TEST_F(LineCommandsTest, ListShowsTheNewestFirstAndNoToken) {
  const auto id = created();
  const auto whole = reveal_dev_token(worker, reveal, actor, id, time());
  EXPECT_THAT(say_to_bot("devtoken list"), AllOf(HasSubstr(id), Not(HasSubstr(std::string(whole.reveal())))));
}

TEST_F(LineCommandsTest, ListShowsTheNewestHoweverManyThereAre) {
  support::raw(
      owner,
      "INSERT INTO dev_tokens (tenant_id, token_id, token_hash, note, created_by, created_at) "
      "SELECT 'tnt_default', 'jt_many' || lpad(n::text, 8, '0'), sha256(('many' || n)::bytea), 'old', "
      "'x', timestamptz '2020-01-01' + n * interval '1 s' FROM generate_series(1, 21000) AS n");
  later(Seconds(1));
  const auto older = created();
  later(Seconds(1));
  const auto newest = created();
  const auto text = say_to_bot("devtoken list");
  EXPECT_LT(text.find(newest), text.find(older));
  EXPECT_LT(text.find(older), text.find("jt_many"));
  EXPECT_THAT(text, HasSubstr("20000+"));
}

TEST_F(LineCommandsTest, AnAnswerFitsIntoAMessage) {
  for (int i = 0; i < 25; ++i)
    create_dev_token(worker, reveal, actor, {default_tenant(), std::string(200, 'n'), std::nullopt}, time());
  for (const auto* language : {"ja", "en", "zh"}) {
    say_to_bot(std::string("devtoken lang ") + language);
    const auto text = say_to_bot("devtoken list");
    // Characters, as LINE counts: none here takes two UTF-16 units.
    std::size_t characters = 0;
    for (const char c : text) characters += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
    EXPECT_LE(characters, 5000U) << language;
    EXPECT_GT(characters, 4000U) << language;
    EXPECT_THAT(text, HasSubstr("scripts/gatehouse devtoken list")) << language;
  }
}

TEST_F(LineCommandsTest, WhatIsNoCommandIsAnsweredWithTheUsage) {
  for (const auto* text :
       {"devtoken", "devtoken nonsense", "devtoken revoke", "devtoken info", "devtoken lang fr"})
    EXPECT_EQ(say_to_bot(text), say(Language::ja, LineText::usage)) << text;
  EXPECT_EQ(say_to_bot("devtoken create  "), say(Language::ja, LineText::create_needs_note));
}

TEST_F(LineCommandsTest, OtherTalkIsLeftAlone) {
  for (const auto* text : {"", "hello", "devtokens", "my devtoken list"})
    EXPECT_EQ(say_to_bot(text), "(silence)");
}

TEST_F(LineCommandsTest, KeyboardsMayGiveCapitalsAndWideSpaces) {
  EXPECT_EQ(say_to_bot("  Devtoken　LIST ").substr(0, 3), say_to_bot("devtoken list").substr(0, 3));
}

TEST_F(LineCommandsTest, TheLanguageIsTheProfilesUntilAskedOtherwise) {
  EXPECT_EQ(language_of(worker, user), Language::ja);
  import_users(owner, actor, default_tenant(), {{user, R"({"language":"zh-Hans"})"}}, time());
  EXPECT_EQ(language_of(worker, user), Language::zh);
  say_to_bot("devtoken lang en");
  EXPECT_EQ(language_of(worker, user), Language::en);
}

TEST_F(LineCommandsTest, AChangeOfTheLanguageIsInTheAuditLogOrHasNotHappened) {
  say_to_bot("devtoken lang zh");
  say_to_bot("devtoken lang zh");
  say_to_bot("devtoken lang en");
  EXPECT_EQ(actions_on(user), "line.language_set line.language_set");
  // In whose name no worker may write there.
  EXPECT_THROW(line_command(worker, reveal, {user, "devtoken lang ja", true}, {"cli:root", "", ""}, time()),
               Error);
  EXPECT_EQ(language_of(worker, user), Language::en);
}

TEST(LineTexts, EachIsThereInEachLanguageWithTheSamePlaces) {
  for (const auto& row : line_texts()) {
    for (const auto words : row.words) {
      EXPECT_FALSE(words.empty());
      EXPECT_EQ(words.find("{0}") == std::string_view::npos,
                row.words[0].find("{0}") == std::string_view::npos)
          << words;
    }
  }
}

TEST(LineTexts, LanguagesAreKnownByTheirTags) {
  EXPECT_EQ(language_named("zh-Hans"), Language::zh);
  EXPECT_EQ(language_named("EN_us"), Language::en);
  EXPECT_EQ(language_named("jav"), std::nullopt);
  EXPECT_EQ(language_named(""), std::nullopt);
}

}  // namespace
}  // namespace gatehouse::flows
