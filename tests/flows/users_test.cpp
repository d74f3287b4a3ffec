// The lives of users and tenants.
#include "flows/users.h"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>
#include <vector>

#include "db/connection.h"
#include "db/conninfo.h"
#include "db/tenants.h"
#include "db/token_families.h"
#include "flows/dev_tokens.h"
#include "flows/housekeeping.h"
#include "flows/tenants.h"
#include "flows/user_tokens.h"
#include "tests/support/flow_test.h"

namespace gatehouse::flows {
namespace {

using db::tenants::KeyKind;

class UserLives : public support::FlowTest {
 protected:
  std::string count(const std::string& table, const TenantId& of) {
    return support::raw_text(
        owner, "SELECT count(*) AS value FROM " + table + " WHERE tenant_id = '" + of.str() + "'");
  }
  std::string families(const TenantId& of) {
    return support::raw_text(
        owner, "SELECT count(*) AS value FROM token_families WHERE subject_tenant = '" + of.str() + "'");
  }
  bool opens(const std::string& key) { return find_key_owner(worker, key, time()).has_value(); }
  Secret rotate(KeyKind kind, Seconds overlap) {
    return rotate_tenant_key(worker, actor, home.id, kind, overlap, time());
  }

  const support::TenantAccess home = new_tenant();
  const Seconds longest = longest_user_token(times);
};

TEST_F(UserLives, OfManyRegistrationsOfOneEmailOneWins) {
  std::atomic<int> made = 0;
  std::atomic<int> taken = 0;
  std::atomic<int> left = 200;
  std::vector<std::thread> callers;
  for (int i = 0; i < 50; ++i) {
    callers.emplace_back([&] {
      db::Connection own = support::connected_worker();
      while (left-- > 0) {
        const auto why = support::refusal([&] {
          register_user(own, passwords, actor, home.id, {"Ann@example.com", support::kPassword, "{}"},
                        time());
        });
        if (!why) ++made;
        if (why == Errc::conflict) ++taken;
      }
    });
  }
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(made, 1);
  EXPECT_EQ(taken, 199);
  EXPECT_EQ(count("users", home.id), "1");
}

TEST_F(UserLives, OneEmailInTwoTenantsIsTwoUsers) {
  const auto other = new_tenant();
  EXPECT_NE(new_user(home.id, "ann@example.com"), new_user(other.id, "ann@example.com"));
}

TEST_F(UserLives, ATakenEmailIsRefusedWithoutHashing) {
  new_user(home.id, "ann@example.com");
  const Passwords unbearable(6, {}, {30, 8, 1});  // would throw if it were used
  EXPECT_EQ(support::refusal([&] {
              register_user(worker, unbearable, actor, home.id, {"ANN@example.com", support::kPassword, "{}"},
                            time());
            }),
            Errc::conflict);
}

// Or "it is gone" could come before it is.
TEST_F(UserLives, WhoDeletesAgainWaitsUntilTheDeletionIsInForce) {
  const auto id = new_user(home.id, "twice@example.com");
  int awaited = 0;
  worker.on_revocation([&] { ++awaited; });
  delete_user(worker, actor, home.id, id, longest, time());
  EXPECT_EQ(support::refusal([&] { delete_user(worker, actor, home.id, id, longest, time()); }),
            Errc::not_found);
  EXPECT_EQ(support::refusal([&] { refuse_gone_user(worker); }), Errc::not_found);
  EXPECT_EQ(awaited, 3);
}

TEST_F(UserLives, EveryChangeIsAuditedOnce) {
  const auto id = new_user(home.id, "ann@example.com");
  const auto change = [&](const UserChange& what) {
    change_user(worker, actor, home.id, id, what, longest, time());
  };
  later(Seconds(1));
  change({R"({"a":1})", std::nullopt});
  later(Seconds(1));
  change({std::nullopt, true});
  change({std::nullopt, true});
  later(Seconds(1));
  change({std::nullopt, false});
  later(Seconds(1));
  delete_user(worker, actor, home.id, id, longest, time());
  EXPECT_EQ(actions_on(id.str()),
            "user.registered user.profile_changed user.disabled user.enabled user.deleted");
}

TEST_F(UserLives, WhatIsNotThereCannotBeChanged) {
  const auto id = new_user(home.id, "ann@example.com");
  const auto other = new_tenant();
  const auto nobody = UserId::trusted("usr_nobody000000");
  const auto expect_unknown = [&](const TenantId& of, const UserId& who) {
    EXPECT_EQ(support::refusal([&] { delete_user(worker, actor, of, who, longest, time()); }),
              Errc::not_found);
    EXPECT_EQ(support::refusal([&] {
                change_user(worker, actor, of, who, {{}, true}, longest, time());
              }),
              Errc::not_found);
  };
  expect_unknown(home.id, nobody);
  expect_unknown(other.id, id);
  EXPECT_EQ(actions_on(id.str()), "user.registered");
}

TEST_F(UserLives, NewKeysOpenAndOldOnesEndAfterTheOverlap) {
  later(Seconds(1));
  const auto key = std::string(rotate(KeyKind::secret_key, Seconds(60)).reveal());
  EXPECT_TRUE(opens(key));
  EXPECT_TRUE(opens(home.secret_key));
  later(Seconds(60));
  EXPECT_TRUE(opens(key));
  EXPECT_FALSE(opens(home.secret_key));
  EXPECT_TRUE(opens(home.public_key));
  rotate(KeyKind::public_key, Seconds(0));
  EXPECT_FALSE(opens(home.public_key));
  EXPECT_EQ(actions_on(home.id.str()), "tenant.created tenant.key_rotated tenant.key_rotated");
}

TEST_F(UserLives, AKeyThatHasEndedMakesNoOther) {
  rotate(KeyKind::secret_key, Seconds(0));
  // What was under way meanwhile, authenticated and all; also by the clock of a host that is behind.
  for (const auto ago : {Seconds(0), Seconds(60)}) {
    EXPECT_EQ(support::refusal([&] {
                rotate_tenant_key(worker, actor, home.id, KeyKind::secret_key, Seconds(60), time() - ago,
                                  home.secret_key);
              }),
              Errc::invalid_token);
    EXPECT_FALSE(find_key_owner(worker, home.secret_key, time() - ago));
  }
}

TEST_F(UserLives, AThirdKeyNeverLives) {
  rotate(KeyKind::secret_key, Seconds(60));
  EXPECT_EQ(support::refusal([&] { rotate(KeyKind::secret_key, Seconds(60)); }), Errc::conflict);
  EXPECT_EQ(support::refusal([&] { rotate(KeyKind::public_key, Seconds(60)); }), std::nullopt);
  const auto only = std::string(rotate(KeyKind::secret_key, Seconds(0)).reveal());
  EXPECT_FALSE(opens(home.secret_key));
  EXPECT_TRUE(opens(only));
}

TEST_F(UserLives, TheInstallationsOwnTenantGetsKeysByRotation) {
  const auto key = rotate_tenant_key(owner, actor, default_tenant(), KeyKind::secret_key, Seconds(0), time());
  EXPECT_EQ(find_key_owner(worker, key.reveal(), time())->tenant, default_tenant());
}

TEST_F(UserLives, ADeletedTenantLeavesNothingButItsAudit) {
  for (int i = 0; i < 3; ++i) new_user(home.id, std::to_string(i) + "@example.com");
  const auto token = sign_in(home.id, "1@example.com").token;
  const auto other = new_tenant();
  const auto others_user = new_user(other.id, "ann@example.com");
  const auto client = new_client();
  generate_pair(worker, keys, times, client.id.str(), new_user(home.id, "4@example.com"), time());
  generate_pair(worker, keys, times, client.id.str(), others_user, time());
  create_dev_token(worker, {seal, false}, actor, {home.id, "app", {}}, time());
  later(Seconds(1));
  delete_tenant(owner, actor, home.id, longest, time());
  EXPECT_FALSE(is_live(Kind::user, token));
  EXPECT_FALSE(opens(home.secret_key));
  for (const char* table : {"tenants", "tenant_keys", "users", "login_attempts", "dev_tokens"})
    EXPECT_EQ(count(table, home.id), "0");
  EXPECT_EQ(families(home.id), "0");
  EXPECT_EQ(count("users", other.id), "1");
  EXPECT_EQ(families(other.id), "1");
  EXPECT_THAT(actions_on(home.id.str()), testing::EndsWith("tenant.deleted"));
  EXPECT_EQ(support::refusal([&] { delete_tenant(owner, actor, home.id, longest, time()); }),
            Errc::not_found);
  EXPECT_EQ(support::refusal([&] { delete_tenant(owner, actor, default_tenant(), longest, time()); }),
            Errc::invalid_request);
}

TEST_F(UserLives, OfATenantWhoseDeletionWasInterruptedNothingWorksAndTheNextOneFinishesIt) {
  const auto ann = new_user(home.id, "ann@example.com");
  const auto dev = create_dev_token(worker, {seal, false}, actor, {home.id, "app", {}}, time());
  db::Connection holder = support::connected_worker();
  auto held = holder.begin();
  db::users::find_and_lock(held, home.id, ann);
  auto parts = support::Database::of_this_binary().worker();
  parts.lock_timeout = std::chrono::milliseconds(200);
  db::Connection impatient(db::conninfo(parts));
  try {
    delete_tenant(impatient, actor, home.id, longest, time());
    FAIL() << "a locked row goes, too?";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::unavailable);
    EXPECT_THAT(error.message(), testing::HasSubstr("delete it again"));
  }
  EXPECT_EQ(count("tenants", home.id) + count("users", home.id) + count("dev_tokens", home.id), "110");
  EXPECT_FALSE(opens(home.secret_key));
  EXPECT_FALSE(find_dev_token(worker, dev.token.reveal(), time()));
  EXPECT_FALSE(db::users::find_owner(worker, ann));
  const auto expect_gone = [&](const auto& action) { EXPECT_EQ(support::refusal(action), Errc::not_found); };
  expect_gone([&] { rotate(KeyKind::secret_key, Seconds(0)); });
  expect_gone([&] { create_dev_token(worker, {seal, false}, actor, {home.id, "app", {}}, time()); });
  expect_gone([&] { import_users(worker, actor, home.id, {{"U1", "{}"}}, time()); });
  held.commit();
  EXPECT_FALSE(delete_tenant(worker, actor, home.id, longest, time())) << "it was ended by the first";
  EXPECT_EQ(count("tenants", home.id) + count("users", home.id), "00");
  EXPECT_THAT(audited(home.id.str()), testing::Contains(testing::StartsWith("tenant.deleted")).Times(1));
}

TEST_F(UserLives, DeveloperTokensOfAnEndedTenantOpenNothing) {
  const auto dev = create_dev_token(worker, {seal, false}, actor, {home.id, "app", {}}, time());
  EXPECT_EQ(db::dev_tokens::delete_of_tenant(worker, home.id, 10), 0) << "it lives";
  EXPECT_TRUE(find_dev_token(worker, dev.token.reveal(), time()));
  {
    auto tx = worker.begin();
    db::tenants::end(tx, home.id, time());
    tx.commit();
  }
  EXPECT_FALSE(find_dev_token(worker, dev.token.reveal(), time()));
  EXPECT_EQ(db::dev_tokens::delete_of_tenant(worker, home.id, 10), 1);
}

TEST_F(UserLives, OfTwoWhoDeleteATenantAtOnceOneDoes) {
  auto held = owner.begin();
  db::tenants::lock(held, home.id);
  std::atomic<int> ended = 0;
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] {
      db::Connection db = support::connected_worker();
      support::refusal([&] { ended += delete_tenant(db, actor, home.id, longest, time()) ? 1 : 0; });
    });
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(500));  // all of them wait for the row
  held.commit();
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(ended, 1);
  EXPECT_THAT(audited(home.id.str()), testing::Contains(testing::StartsWith("tenant.deleted")).Times(1));
  EXPECT_EQ(count("tenants", home.id), "0");
}

// More than one batch, by the workers' own role.
TEST_F(UserLives, AWorkerMayDeleteATenantToo) {
  support::raw(owner,
               "INSERT INTO users (tenant_id, user_id, email, email_key, password_hash, profile, created_at) "
               "SELECT '" +
                   home.id.str() +
                   "', 'usr_' || n, n::text, n::text, '', '{}', now() FROM generate_series(1, 1500) n");
  support::raw(owner,
               "INSERT INTO login_attempts (tenant_id, address, account, attempts, started_at) SELECT '" +
                   home.id.str() + "', n::text, '', 1, now() FROM generate_series(1, 1500) n");
  support::raw(
      owner,
      "INSERT INTO token_families (family_id, locator_hash, client_id, subject, current_hash, created_at, "
      "expires_at, access_expires_at, subject_tenant) SELECT '" +
          home.id.str() + "' || n, sha256(('" + home.id.str() +
          "' || n)::bytea), 'c', 's', sha256('x'), now(), now() + interval '1 day', now(), '" +
          home.id.str() + "' FROM generate_series(1, 1500) n");
  db::token_families::delete_of_tenant(worker, home.id, 10);
  EXPECT_EQ(families(home.id), "1500") << "its end is not written yet";
  delete_tenant(worker, actor, home.id, longest, time());
  for (const char* table : {"users", "login_attempts"}) EXPECT_EQ(count(table, home.id), "0");
  EXPECT_EQ(families(home.id), "0");
}

TEST_F(UserLives, TheKeeperErasesOldKeysAndCounters) {
  const auto other = new_tenant();
  rotate(KeyKind::secret_key, Seconds(60));
  support::refusal([&] { sign_in(home.id, "ann@example.com", "wrong"); });
  Housekeeping housekeeping(retention());
  housekeeping.round(worker, time());
  EXPECT_EQ(count("tenant_keys", home.id) + count("login_attempts", home.id), "32");
  later(kLongestLoginWindow + Seconds(300));
  housekeeping.round(owner, time());  // this clock is ahead of PostgreSQL's, which binds a worker
  EXPECT_EQ(count("tenant_keys", home.id) + count("login_attempts", home.id), "20");
  EXPECT_EQ(count("tenant_keys", other.id), "2");
}

}  // namespace
}  // namespace gatehouse::flows
