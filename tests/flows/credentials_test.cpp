// What a worker remembers of credentials: no statement where nothing has changed, and never past a change.
#include "flows/credentials.h"

#include <gtest/gtest.h>

#include "db/conninfo.h"
#include "db/services.h"
#include "flows/dev_tokens.h"
#include "flows/tenants.h"
#include "tests/support/flow_test.h"

namespace gatehouse::flows {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

class CredentialsTest : public support::FlowTest {
 protected:
  NewDevToken new_dev_token(std::optional<Seconds> lives = std::nullopt) {
    return create_dev_token(worker, {seal, false}, actor, {tenant.id, "note", lives}, time());
  }
  bool opens(db::Connection& db, const NewDevToken& made) {
    return remembered.dev_token(db, made.token.reveal(), time()).has_value();
  }
  bool opens(db::Connection& db, const std::string& key) {
    return remembered.tenant_key(db, key, time()).has_value();
  }
  std::vector<std::string> scopes(db::Connection& db) {
    return remembered.client(db, client.id.str(), client.secret, time()).scopes;
  }
  std::optional<Errc> refused(db::Connection& db) {
    return support::refusal([&] { scopes(db); });
  }
  // Whoever asks it has to be answered from memory.
  static db::Connection out_of_reach() {
    db::ConnectionParts parts;
    parts.host = "/nonexistent";
    return db::Connection(db::conninfo(parts));
  }

  const support::TenantAccess tenant = new_tenant();
  const support::ServiceClient client = new_client({"auth:token"});
  db::Connection nowhere = out_of_reach();
};

TEST_F(CredentialsTest, WhatWasFoundIsFoundAgainWithoutAStatement) {
  const auto made = new_dev_token();
  EXPECT_TRUE(opens(worker, made) && opens(worker, tenant.secret_key));
  EXPECT_EQ(scopes(worker), std::vector<std::string>{"auth:token"});
  EXPECT_TRUE(opens(nowhere, made) && opens(nowhere, tenant.secret_key));
  EXPECT_EQ(scopes(nowhere), std::vector<std::string>{"auth:token"});
}

TEST_F(CredentialsTest, WhatWasNotFoundIsAskedForAgain) {
  EXPECT_FALSE(opens(worker, "sec_unknown"));
  EXPECT_EQ(support::refusal([&] { opens(nowhere, "sec_unknown"); }), Errc::unavailable);
}

TEST_F(CredentialsTest, OneSecretIsNotAnothers) {
  scopes(worker);
  EXPECT_EQ(support::refusal([&] { remembered.client(worker, client.id.str(), "secret_x", time()); }),
            Errc::invalid_client);
  const auto other = new_client();
  EXPECT_EQ(support::refusal([&] { remembered.client(worker, other.id.str(), client.secret, time()); }),
            Errc::invalid_client);
}

TEST_F(CredentialsTest, ARevokedDeveloperTokenOpensNothing) {
  const auto made = new_dev_token();
  ASSERT_TRUE(opens(worker, made));
  revoke_dev_token(owner, actor, made.row.id.str(), time());
  EXPECT_FALSE(opens(worker, made));
}

TEST_F(CredentialsTest, AnExpiredDeveloperTokenOpensNothing) {
  const auto made = new_dev_token(Seconds(60));
  ASSERT_TRUE(opens(worker, made));
  later(seconds(60));
  EXPECT_FALSE(opens(worker, made));
}

TEST_F(CredentialsTest, ADeletedTenantsCredentialsOpenNothing) {
  const auto made = new_dev_token();
  ASSERT_TRUE(opens(worker, made) && opens(worker, tenant.public_key));
  delete_tenant(owner, actor, tenant.id, Seconds(3600), time());
  EXPECT_FALSE(opens(worker, made) || opens(worker, tenant.public_key));
}

TEST_F(CredentialsTest, ARotatedKeyEndsAtOnceOrWithItsOverlap) {
  ASSERT_TRUE(opens(worker, tenant.public_key) && opens(worker, tenant.secret_key));
  rotate_tenant_key(owner, actor, tenant.id, db::tenants::KeyKind::public_key, Seconds(0), time(), "");
  EXPECT_FALSE(opens(worker, tenant.public_key));
  rotate_tenant_key(owner, actor, tenant.id, db::tenants::KeyKind::secret_key, Seconds(60), time(), "");
  EXPECT_TRUE(opens(worker, tenant.secret_key));
  later(seconds(60));
  EXPECT_FALSE(opens(worker, tenant.secret_key));
}

TEST_F(CredentialsTest, ScopesThatAreGrantedAndTakenCountAtOnce) {
  scopes(worker);
  grant_scope(owner, actor, client.id, "user:read", time());
  EXPECT_EQ(scopes(worker), (std::vector<std::string>{"auth:token", "user:read"}));
  revoke_scope(owner, actor, client.id, "auth:token", time());
  EXPECT_EQ(scopes(worker), std::vector<std::string>{"user:read"});
}

TEST_F(CredentialsTest, ADisabledServiceIsRefused) {
  scopes(worker);
  disable(client);
  EXPECT_EQ(refused(worker), Errc::invalid_client);
}

TEST_F(CredentialsTest, ARotatedSecretEndsAtOnceOrWithItsOverlap) {
  scopes(worker);
  rotate_secret(owner, actor, client.id, hours(1), time());
  EXPECT_EQ(remembered.client(worker, client.id.str(), client.secret, time()).secret_expires_at,
            time() + hours(1));
  rotate_secret(owner, actor, client.id, std::nullopt, time());
  EXPECT_EQ(refused(worker), Errc::invalid_client);
}

TEST_F(CredentialsTest, ATokensVersionIsTheNewestOne) {
  scopes(worker);
  rotate_secret(owner, actor, client.id, hours(1), time());
  auto tx = owner.begin();
  db::services::bump_token_version(tx, client.id);
  tx.commit();
  EXPECT_EQ(remembered.client(worker, client.id.str(), client.secret, time()).token_version, 2);
}

// By whatever statement, also by hand; the feed knows at its next round.
TEST_F(CredentialsTest, AChangeByHandCountsToo) {
  const auto made = new_dev_token();
  ASSERT_TRUE(opens(worker, made));
  support::raw(owner, "DELETE FROM dev_tokens WHERE tenant_id = '" + tenant.id.str() + "'");
  feed.round();
  EXPECT_FALSE(opens(worker, made));
}

TEST_F(CredentialsTest, WhereTheRowOfAChangeHasExpiredTheNextChangeCountsToo) {
  const auto forget = [&] {
    support::raw(owner, "DELETE FROM revocations WHERE key = 'credentials:" + client.id.str() + "'");
  };
  grant_scope(owner, actor, client.id, "user:read", time());
  scopes(worker);
  forget();
  revoke_scope(owner, actor, client.id, "auth:token", time());
  EXPECT_EQ(scopes(worker), std::vector<std::string>{"user:read"});
}

TEST_F(CredentialsTest, WhatMovesFromOneToAnotherChangesBoth) {
  const auto other = new_client();
  scopes(worker);
  support::raw(owner, "UPDATE service_scopes SET client_id = '" + other.id.str() + "' WHERE client_id = '" +
                          client.id.str() + "'");
  feed.round();
  EXPECT_TRUE(scopes(worker).empty());
}

TEST_F(CredentialsTest, NothingOfThemIsTruncated) {
  for (const char* table : {"dev_tokens", "tenant_keys", "service_scopes, service_secrets, services"})
    EXPECT_THROW(support::raw(owner, std::string("TRUNCATE ") + table + " CASCADE"), Error) << table;
}

// Deleting the rest takes more transactions, and may break off between two of them.
TEST_F(CredentialsTest, ATenantsDeveloperTokensEndWithTheFirstTransactionOfItsDeletion) {
  const auto made = new_dev_token();
  ASSERT_TRUE(opens(worker, made));
  support::raw(owner, "UPDATE tenants SET ended_at = now() WHERE tenant_id = '" + tenant.id.str() + "'");
  feed.round();
  EXPECT_FALSE(opens(worker, made));
}

TEST_F(CredentialsTest, AUseChangesNothing) {
  const auto made = new_dev_token();
  ASSERT_TRUE(opens(worker, made));
  const std::vector<db::dev_tokens::Use> uses{{made.row.id.str(), time()}};
  db::dev_tokens::note_uses(worker, uses);
  feed.round();
  EXPECT_TRUE(opens(nowhere, made));
}

TEST_F(CredentialsTest, WhereTheMapIsOutOfDatePostgresqlIsAsked) {
  const auto made = new_dev_token();
  ASSERT_TRUE(opens(worker, made));
  Revocations stale(folder.path(), std::chrono::nanoseconds(0));
  Credentials others(stale);
  EXPECT_TRUE(others.dev_token(worker, made.token.reveal(), time()));
  EXPECT_EQ(support::refusal([&] { others.dev_token(nowhere, made.token.reveal(), time()); }),
            Errc::unavailable);
}

// The answer was read before the change, and would be remembered after the map has it.
TEST_F(CredentialsTest, AnAnswerThatAChangeHasOvertakenIsNotRemembered) {
  RecentLookups<Client> lookups;
  const auto read = [&] { return std::optional(signed_in(client)); };
  const auto overtaken = [&] {
    auto before = read();
    disable(client);
    return before;
  };
  lookups.find(revocations, "digest", time(), overtaken);
  bool asked = false;
  lookups.find(revocations, "digest", time(), [&]() -> std::optional<Client> {
    asked = true;
    return std::nullopt;
  });
  EXPECT_TRUE(asked);
}

TEST_F(CredentialsTest, NoMoreThanItsBoundIsRemembered) {
  RecentLookups<Client> lookups;
  const auto known = signed_in(client);
  std::size_t asked = 0;
  const auto find = [&](std::size_t which) {
    lookups.find(revocations, std::to_string(which), time(), [&] {
      ++asked;
      return std::optional(known);
    });
  };
  constexpr auto kMost = RecentLookups<Client>::kMost;
  for (std::size_t i = 0; i <= kMost; ++i) find(i);
  find(kMost);
  EXPECT_EQ(asked, kMost + 1);
  find(0);
  EXPECT_EQ(asked, kMost + 2);
}

}  // namespace
}  // namespace gatehouse::flows
