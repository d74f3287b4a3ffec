// The life of a developer token.
#include "flows/dev_tokens.h"

#include <gmock/gmock.h>

#include "flows/introspection.h"
#include "flows/token_uses.h"
#include "flows/users.h"
#include "tests/support/flow_test.h"

namespace gatehouse::flows {
namespace {

using std::chrono::steady_clock;

class DevTokensTest : public support::FlowTest {
 protected:
  NewDevToken create(std::optional<Seconds> lives = std::nullopt, const std::string& note = "MyApp") {
    return create_dev_token(worker, reveal, actor, {tenant, note, lives}, time());
  }
  bool is_good(const NewDevToken& made) {
    return find_dev_token(worker, made.token.reveal(), time()).has_value();
  }
  std::optional<Time> last_used(const NewDevToken& made) {
    return dev_token(worker, made.row.id.str()).last_used;
  }
  ForeignToken foreign(const std::string& id, const std::string& text) {
    return {id, Secret(text), "old", "U123456", time(), std::nullopt, false};
  }
  // In 12 characters of [0-9].
  const std::string own_id = "jt_" + unique_digits();

  const Reveal reveal{seal, true};
  const Reveal no_reveal{seal, false};
};

TEST_F(DevTokensTest, ANewOneOpensItsTenant) {
  const auto made = create();
  EXPECT_EQ(made.token.reveal().size(), 43U);
  EXPECT_EQ(made.row.id.str().size(), 15U);
  const auto whose = find_dev_token(worker, made.token.reveal(), time());
  ASSERT_TRUE(whose);
  EXPECT_EQ(whose->tenant, tenant);
  EXPECT_EQ(whose->id, made.row.id);
}

TEST_F(DevTokensTest, ARevokedOneIsRefusedAtOnce) {
  const auto made = create();
  EXPECT_TRUE(revoke_dev_token(worker, actor, made.row.id.str(), time()));
  EXPECT_FALSE(is_good(made));
  EXPECT_FALSE(revoke_dev_token(worker, actor, made.row.id.str(), time()));
}

TEST_F(DevTokensTest, OneThatExpiresWorksUntilThen) {
  const auto made = create(Seconds(60));
  later(Seconds(59));
  EXPECT_TRUE(is_good(made));
  later(Seconds(1));
  EXPECT_FALSE(is_good(made));
  EXPECT_EQ(state_of(dev_token(worker, made.row.id.str()), time()), DevTokenState::expired);
}

TEST_F(DevTokensTest, AnotherTextIsRefused) {
  const auto made = create();
  std::string text(made.token.reveal());
  text.back() = text.back() == 'A' ? 'B' : 'A';
  EXPECT_FALSE(find_dev_token(worker, text, time()));
  EXPECT_FALSE(find_dev_token(worker, "", time()));
}

TEST_F(DevTokensTest, TheWholeTokenCanBeShownAgain) {
  const auto made = create();
  EXPECT_EQ(reveal_dev_token(worker, reveal, actor, made.row.id.str(), time()).reveal(), made.token.reveal());
}

TEST_F(DevTokensTest, WhereNoCopyIsKeptItCannot) {
  const auto made = create_dev_token(worker, no_reveal, actor, {tenant, "x", std::nullopt}, time());
  EXPECT_FALSE(dev_token(worker, made.row.id.str()).sealed);
  EXPECT_EQ(support::refusal([&] { reveal_dev_token(worker, reveal, actor, made.row.id.str(), time()); }),
            Errc::conflict);
}

TEST_F(DevTokensTest, WhereItIsOffNoCopyFromBeforeIsShown) {
  const auto made = create();
  EXPECT_EQ(support::refusal([&] { reveal_dev_token(worker, no_reveal, actor, made.row.id.str(), time()); }),
            Errc::conflict);
}

TEST_F(DevTokensTest, WhereItIsOffTheKeeperTakesCopiesFromBeforeAway) {
  const auto made = create();
  auto kept = retention();
  Housekeeping(kept).round(worker, time());
  EXPECT_TRUE(dev_token(worker, made.row.id.str()).sealed);
  kept.devtoken_copies = false;
  Housekeeping keeper(kept);
  keeper.round(worker, time());
  EXPECT_FALSE(dev_token(worker, made.row.id.str()).sealed);
  EXPECT_EQ(support::raw_text(owner, "SELECT count(*) AS value FROM dev_tokens WHERE sealed IS NOT NULL"),
            "0");
  EXPECT_TRUE(is_good(made));
  later(Seconds(60));
  keeper.round(worker, time());
  EXPECT_THAT(audited("DEVTOKEN_REVEAL"),
              testing::ElementsAre(testing::StartsWith("devtoken.copies_erased {\"count\"")));
}

TEST_F(DevTokensTest, TheCopyOpensForItsOwnRowOnly) {
  const auto one = create();
  const auto other = create();
  support::raw(owner, "UPDATE dev_tokens SET sealed = (SELECT sealed FROM dev_tokens WHERE token_id = '" +
                          one.row.id.str() + "') WHERE token_id = '" + other.row.id.str() + "'");
  EXPECT_EQ(support::refusal([&] { reveal_dev_token(worker, reveal, actor, other.row.id.str(), time()); }),
            Errc::conflict);
}

TEST_F(DevTokensTest, UnknownAndMalformedIdsAreNotFound) {
  for (const auto* id :
       {"jt_000000000000", "jt_", "", "x", "jt_ABC123DEF456", "'; DROP TABLE dev_tokens; --"}) {
    EXPECT_EQ(support::refusal([&] { dev_token(worker, id); }), Errc::not_found) << id;
    EXPECT_EQ(support::refusal([&] { revoke_dev_token(worker, actor, id, time()); }), Errc::not_found) << id;
  }
}

TEST_F(DevTokensTest, ANoteIsALineOfText) {
  for (const auto& note : {std::string(), std::string("  "), std::string(201, 'a'), std::string("a\nb")})
    EXPECT_EQ(support::refusal([&] { create(std::nullopt, note); }), Errc::invalid_request) << note;
}

TEST_F(DevTokensTest, ItsTenantMustExist) {
  EXPECT_EQ(
      support::refusal([&] {
        create_dev_token(worker, reveal, actor, {TenantId::trusted("tnt_none00000000"), "x", {}}, time());
      }),
      Errc::not_found);
}

TEST_F(DevTokensTest, EachChangeIsInTheAuditLog) {
  const auto made = create();
  reveal_dev_token(worker, reveal, actor, made.row.id.str(), time());
  revoke_dev_token(worker, actor, made.row.id.str(), time());
  EXPECT_EQ(
      support::raw_text(
          owner, "SELECT string_agg(action, ' ' ORDER BY action) AS value FROM audit_log WHERE target = '" +
                     made.row.id.str() + "'"),
      "devtoken.created devtoken.revealed devtoken.revoked");
}

TEST_F(DevTokensTest, UsesAreWrittenInBatches) {
  const auto made = create();
  TokenUses uses;
  const auto start = steady_clock::now();
  uses.flush(worker, start);
  uses.note(made.row.id.str(), time());
  uses.flush(worker, start);
  EXPECT_EQ(last_used(made), time());
  later(Seconds(5));
  uses.note(made.row.id.str(), time());
  uses.flush(worker, start + std::chrono::seconds(1));
  EXPECT_NE(last_used(made), time());
  uses.flush(worker, start + TokenUses::kEvery);
  EXPECT_EQ(last_used(made), time());
}

TEST_F(DevTokensTest, AnOrderlyStopLosesNoUse) {
  const auto made = create();
  TokenUses uses;
  uses.note(made.row.id.str(), time());
  uses.finish(worker, std::chrono::seconds(1));
  EXPECT_EQ(last_used(made), time());
}

TEST_F(DevTokensTest, ALaterUseStays) {
  const auto made = create();
  db::dev_tokens::note_uses(worker, std::vector<db::dev_tokens::Use>{{made.row.id.str(), time()}});
  db::dev_tokens::note_uses(worker,
                            std::vector<db::dev_tokens::Use>{{made.row.id.str(), time() - Seconds(9)}});
  EXPECT_EQ(last_used(made), time());
}

TEST_F(DevTokensTest, WhilePostgreSqlIsAwayUsesAreKept) {
  const auto made = create();
  db::ConnectionParts parts;
  parts.host = "/nonexistent";
  db::Connection nowhere(db::conninfo(parts));
  TokenUses uses;
  uses.note(made.row.id.str(), time());
  uses.flush(nowhere, steady_clock::now());
  uses.finish(worker, std::chrono::seconds(1));
  EXPECT_EQ(last_used(made), time());
}

TEST_F(DevTokensTest, IntrospectionKnowsIt) {
  const auto made = create(Seconds(60));
  const auto found = introspect(worker, remembered, keys, made.token.reveal(), time());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->subject, made.row.id.str());
  EXPECT_EQ(found->tenant, tenant.str());
  EXPECT_EQ(found->expires_at, unix_seconds(time()) + 60);
  revoke_dev_token(worker, actor, made.row.id.str(), time());
  EXPECT_FALSE(introspect(worker, remembered, keys, made.token.reveal(), time()));
}

TEST_F(DevTokensTest, TokensOfAnotherSystemGoOnWorking) {
  const std::vector<ForeignToken> tokens{foreign(own_id, "actual_token_string" + own_id)};
  EXPECT_EQ(import_dev_tokens(owner, reveal, actor, tenant, tokens, time()).added, 1);
  EXPECT_EQ(import_dev_tokens(owner, reveal, actor, tenant, tokens, time()).present, 1);
  const auto found = find_dev_token(worker, tokens.front().token.reveal(), time());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id.str(), own_id);
  EXPECT_EQ(dev_token(worker, own_id).created_by, "U123456");
}

TEST_F(DevTokensTest, OneThatWasRevokedOverThereSinceIsRevokedByTheNextImport) {
  std::vector<ForeignToken> tokens{foreign(own_id, "actual_token_string" + own_id)};
  import_dev_tokens(owner, reveal, actor, tenant, tokens, time());
  const std::vector<ForeignToken> before = tokens;
  tokens.front().revoked = true;
  EXPECT_EQ(import_dev_tokens(owner, reveal, actor, tenant, tokens, time()).revoked, 1);
  EXPECT_FALSE(find_dev_token(worker, tokens.front().token.reveal(), time()));
  EXPECT_EQ(import_dev_tokens(owner, reveal, actor, tenant, tokens, time()).revoked, 0);
  // The file from before brings it back no more.
  import_dev_tokens(owner, reveal, actor, tenant, before, time());
  EXPECT_FALSE(find_dev_token(worker, tokens.front().token.reveal(), time()));
}

TEST_F(DevTokensTest, AnIdWithAnotherTokenStopsTheWholeImport) {
  import_dev_tokens(owner, reveal, actor, tenant, {foreign(own_id, "first_token_string" + own_id)}, time());
  const auto fresh = "jt_" + unique_digits();
  EXPECT_EQ(support::refusal([&] {
              import_dev_tokens(
                  owner, reveal, actor, tenant,
                  {foreign(fresh, "fresh_token_string" + fresh), foreign(own_id, "another_token_string")},
                  time());
            }),
            Errc::conflict);
  EXPECT_EQ(support::refusal([&] { dev_token(worker, fresh); }), Errc::not_found);
}

TEST_F(DevTokensTest, ForeignTokensAreOfBearersCharacters) {
  EXPECT_TRUE(is_foreign_token("actual_token_string"));
  for (const auto& bad :
       {std::string("short"), std::string("has spaces in it for sure"), std::string(257, 'a')})
    EXPECT_FALSE(is_foreign_token(bad)) << bad;
}

TEST_F(DevTokensTest, UsersOfAnotherSystemKeepTheirIdsAndProfiles) {
  const std::vector<ForeignUser> users{{"U123456", R"({"nickname": "ユーザー名", "n": 1.50})"}};
  EXPECT_EQ(import_users(owner, actor, tenant, users, time()).added, 1);
  EXPECT_EQ(import_users(owner, actor, tenant, users, time()).present, 1);
  auto tx = worker.begin();
  EXPECT_EQ(db::users::find(tx, tenant, UserId::trusted("U123456"))->profile, users.front().profile);
}

TEST_F(DevTokensTest, NoForeignUserHasAnIdOfOurOwn) {
  EXPECT_EQ(support::refusal([&] {
              import_users(owner, actor, tenant, {{"usr_000000000000", "{}"}}, time());
            }),
            Errc::invalid_request);
}

TEST_F(DevTokensTest, NobodySignsInAsAForeignUser) {
  import_users(owner, actor, tenant, {{"U1", "{}"}}, time());
  for (const auto* email : {"foreign:U1", "U1", ""})
    EXPECT_TRUE(support::refusal([&] { sign_in(tenant, email, ""); })) << email;
}

}  // namespace
}  // namespace gatehouse::flows
