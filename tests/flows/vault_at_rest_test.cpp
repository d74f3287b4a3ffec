// What the vault keeps at rest: what cleaning takes, what a ciphertext opens as, and which handles find it.
#include <gmock/gmock.h>

#include "flows/housekeeping.h"
#include "tests/support/vault_test.h"

namespace gatehouse::flows {
namespace {

using support::Mishap;

class VaultAtRest : public support::VaultTest {};

TEST_F(VaultAtRest, CleaningTakesWhatIsOfNoUseAndNothingElse) {
  const auto alive = new_record();
  const auto dead = new_record();
  const auto failing = new_record();
  provider.next(Mishap::login_required);
  ensure(dead);
  provider.next(Mishap::server_error);
  ensure(failing);
  const std::string bare = "user-" + unique_digits();
  save_tokens(vault(), actor, {bare, "tesla", "access", {}, time() + Seconds(30)}, false);
  later(Seconds(3600));
  const auto cleaned = clean_vault(owner, actor, time());
  EXPECT_GE(cleaned.needs_login, 1);
  EXPECT_GE(cleaned.not_refreshable, 1);
  for (const auto& user : {alive, failing}) EXPECT_TRUE(db::vault::find(worker, user)) << user;
  for (const auto& user : {dead, bare}) EXPECT_FALSE(db::vault::find(worker, user)) << user;
}

// A call whose lease ran out may be on the line yet, and what it brings needs a record to be rescued into.
TEST_F(VaultAtRest, CleaningLeavesWhatWasRefusedJustNow) {
  const auto user = new_record(Seconds(-1));
  provider.next(Mishap::login_required);
  ensure(user);
  later(Seconds(359));  // a minute of them for clocks that differ
  clean_vault(owner, actor, time());
  EXPECT_TRUE(db::vault::find(worker, user));
  later(Seconds(1));
  clean_vault(owner, actor, time());
  EXPECT_FALSE(db::vault::find(worker, user));
}

TEST_F(VaultAtRest, CleaningLeavesWhatHasATokenInItsProvidersGrace) {
  const auto user = new_record();
  ensure(user);
  later(Seconds(28790));
  provider.next(Mishap::login_required);
  provider.next(Mishap::login_required);
  EXPECT_EQ(ensure(user).freshness, Freshness::needs_login);
  later(Seconds(86400 - 28790 + 59));
  clean_vault(owner, actor, time());
  EXPECT_TRUE(db::vault::find(worker, user));
  later(Seconds(1));
  clean_vault(owner, actor, time());
  EXPECT_FALSE(db::vault::find(worker, user));
}

TEST_F(VaultAtRest, EveryBatchThatCleaningTakesIsInTheAuditLogOrIsStillThere) {
  const std::string mark = unique_digits();
  support::raw(owner,
               "INSERT INTO vault_records (user_id, provider, grant_id, access_sealed, expires_at, saved_at) "
               "SELECT '" +
                   mark +
                   "-' || n, 'tesla', 'g', '', '2020-01-01', '2020-01-01' "
                   "FROM generate_series(1, 1500) n");
  const auto left = [&] {
    return support::raw_text(
        owner, "SELECT count(*) AS value FROM vault_records WHERE user_id LIKE '" + mark + "-%'");
  };
  // In whose name no worker may write there.
  EXPECT_THROW(clean_vault(worker, {"cli:root", "", ""}, time()), Error);
  EXPECT_EQ(left(), "1500");
  const Actor cleaner{"cleaner-" + mark, "", ""};
  EXPECT_GE(clean_vault(worker, cleaner, time()).not_refreshable, 1500);
  EXPECT_EQ(left(), "0");
  EXPECT_EQ(
      support::raw_text(owner,
                        "SELECT count(*) || ' ' || (sum((detail->>'not_refreshable')::int) >= 1500) AS value "
                        "FROM audit_log WHERE action = 'vault.cleaned' AND actor = '" +
                            cleaner.name + "'"),
      "2 true");
}

TEST_F(VaultAtRest, ACiphertextMovedOrFlippedDoesNotOpenAndTheErrorNamesTheRecord) {
  const auto one = new_record();
  const auto two = new_record();
  const auto fault = [&] {
    try {
      open_access_token(vault(), record(one));
      return std::string("it opened");
    } catch (const Error& error) {
      return error.cause();
    }
  };
  for (const std::string& change :
       {std::string("access_sealed = (SELECT access_sealed FROM vault_records WHERE user_id = '") + two +
            "')",
        std::string("access_sealed = refresh_sealed"),
        std::string("access_sealed = set_byte(access_sealed, 20, get_byte(access_sealed, 20) # 1)")}) {
    support::raw(worker, "UPDATE vault_records SET " + change + " WHERE user_id = '" + one + "'");
    EXPECT_EQ(fault(), "access_sealed of the vault record " + one + " does not open");
  }
}

TEST_F(VaultAtRest, NothingInTheDatabaseIsATokenInClear) {
  const auto user = new_record();
  ensure(user);
  EXPECT_EQ(support::raw_text(owner,
                              "SELECT count(*) AS value FROM vault_records r WHERE r::text LIKE '%upstream%' "
                              "OR encode(access_sealed, 'escape') LIKE '%upstream%'"),
            "0");
}

TEST_F(VaultAtRest, AHandleFindsItsUserUntilItIsRevoked) {
  const auto user = new_record();
  const auto made = make_handle(owners_vault(), actor, user);
  const std::string handle(made.handle.reveal());
  EXPECT_EQ(handle.size(), 35U);
  ASSERT_TRUE(owner_of_handle(vault(), handle));
  EXPECT_EQ(owner_of_handle(vault(), handle)->user_id, user);
  EXPECT_EQ(owner_of_handle(vault(), handle)->handle_id, made.id);
  EXPECT_FALSE(owner_of_handle(vault(), handle + "x"));
  EXPECT_TRUE(revoke_handle(owners_vault(), actor, user, made.id));
  EXPECT_FALSE(owner_of_handle(vault(), handle));
  EXPECT_FALSE(revoke_handle(owners_vault(), actor, user, made.id));
}

}  // namespace
}  // namespace gatehouse::flows
