#include "db/services.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "tests/support/database.h"

namespace gatehouse::db::services {
namespace {

using std::chrono::hours;
using testing::ElementsAre;
using testing::IsEmpty;

class ServicesTest : public support::DatabaseTest {
 protected:
  ServicesTest() { create(id, first_secret); }

  void create(const ServiceId& service, const std::string& hash) {
    auto tx = worker.begin();
    insert(tx, service, "billing", "sends invoices", hash, now);
    tx.commit();
  }

  // Runs one repository function in a transaction of its own.
  template <class Action>
  auto in_tx(Action action) {
    auto tx = worker.begin();
    auto result = action(tx);
    tx.commit();
    return result;
  }
  bool grant(std::string_view scope) {
    return in_tx([&](Tx& tx) { return grant_scope(tx, id, scope, "cli:root", now); });
  }
  void add(const std::string& hash, Time at) {
    in_tx([&](Tx& tx) { return add_secret(tx, id, hash, at), true; });
  }
  std::int64_t expire(Time at) {
    auto tx = owner.begin();  // secrets are rotated on the command line
    const auto shortened = expire_secrets(tx, id, at);
    tx.commit();
    return shortened;
  }
  std::optional<ServiceWithSecrets> find(const ServiceId& which, Time at) {
    return in_tx([&](Tx& tx) { return find_with_secrets(tx, which, at); });
  }
  ServiceWithSecrets found(Time at) { return find(id, at).value(); }
  std::vector<std::string> hashes(Time at) {
    std::vector<std::string> result;
    for (const auto& secret : found(at).secrets) result.push_back(secret.hash);
    return result;
  }

  void clean(Time at) {
    while (delete_expired_secrets(owner, at, 1) > 0) {
    }
  }
  std::string count() {
    return support::raw_text(
        owner, "SELECT count(*) AS value FROM service_secrets WHERE client_id = '" + id.str() + "'");
  }

  const ServiceId id = ServiceId::trusted("svc_" + unique_digits());
  const std::string first_secret = std::string(31, '\0') + "a";
  const std::string second_secret = std::string(31, '\xff') + "b";
};

TEST_F(ServicesTest, AServiceIsFoundWithItsSecretAndNoScopes) {
  const auto service = found(now);
  EXPECT_EQ(service.id, id);
  EXPECT_EQ(service.name, "billing");
  EXPECT_EQ(service.description, "sends invoices");
  EXPECT_EQ(service.token_version, 1);
  EXPECT_EQ(service.created_at, now);
  EXPECT_EQ(service.disabled_at, std::nullopt);
  EXPECT_THAT(hashes(now), ElementsAre(first_secret));
  EXPECT_THAT(service.scopes, IsEmpty());
}

TEST_F(ServicesTest, ItsFirstUseIsRemembered) {
  EXPECT_FALSE(found(now).used);
  mark_used(worker, id, now);
  mark_used(worker, id, now + hours(1));
  EXPECT_TRUE(found(now).used);
  EXPECT_EQ(support::raw_text(owner,
                              "SELECT extract(epoch FROM first_used_at)::bigint::text AS value FROM services "
                              "WHERE client_id = '" +
                                  id.str() + "'"),
            "1900000000");
}

TEST_F(ServicesTest, OneThatNobodyCameBackForGoesAndLeavesALine) {
  while (delete_unused(owner, now, 1) > 0) {
  }
  EXPECT_FALSE(find(id, now));
  EXPECT_EQ(count(), "0");
  EXPECT_EQ(support::raw_text(owner,
                              "SELECT count(*) AS value FROM audit_log WHERE actor = 'keeper' AND "
                              "action = 'service.removed' AND target = '" +
                                  id.str() + "'"),
            "1");
}

TEST_F(ServicesTest, OneThatWasUsedOrHasAScopeOrIsYoungStays) {
  const auto used = ServiceId::trusted("svc_" + unique_digits());
  const auto young = ServiceId::trusted("svc_" + unique_digits());
  create(used, first_secret);
  mark_used(worker, used, now);
  grant("user:read");
  auto tx = worker.begin();
  insert(tx, young, "young", "", first_secret, now + hours(1));
  tx.commit();
  while (delete_unused(owner, now, 1) > 0) {
  }
  for (const auto& stays : {id, used, young}) EXPECT_TRUE(exists(worker, stays));
}

TEST_F(ServicesTest, AnUnknownServiceIsNotFound) {
  EXPECT_FALSE(find(ServiceId::trusted("svc_unknown00000"), now));
}

TEST_F(ServicesTest, ATakenIdIsAConflict) {
  try {
    create(id, second_secret);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Errc::conflict);
  }
}

TEST_F(ServicesTest, ScopesAreGrantedOnceSortedAndRevokedOnce) {
  EXPECT_TRUE(grant("user:read"));
  EXPECT_TRUE(grant("auth:token"));
  EXPECT_FALSE(grant("user:read"));
  EXPECT_THAT(found(now).scopes, ElementsAre("auth:token", "user:read"));
  EXPECT_THAT(scopes(worker, id), ElementsAre("auth:token", "user:read"));
  const auto revoke = [&](Tx& tx) { return revoke_scope(tx, id, "user:read"); };
  EXPECT_TRUE(in_tx(revoke));
  EXPECT_FALSE(in_tx(revoke));
  EXPECT_THAT(found(now).scopes, ElementsAre("auth:token"));
}

TEST_F(ServicesTest, TwoSecretsLiveDuringTheOverlapTheNewestFirst) {
  grant("user:read");
  EXPECT_EQ(expire(now + hours(24)), 1);
  add(second_secret, now);
  EXPECT_THAT(hashes(now), ElementsAre(second_secret, first_secret));
  EXPECT_EQ(found(now).secrets[0].expires_at, std::nullopt);
  EXPECT_EQ(found(now).secrets[1].expires_at, now + hours(24));
  EXPECT_THAT(found(now).scopes, ElementsAre("user:read"));
}

TEST_F(ServicesTest, ItIsFoundByEachLiveSecretWithItsScopes) {
  grant("user:read");
  grant("auth:token");
  expire(now + hours(24));
  add(second_secret, now);
  EXPECT_EQ(find_by_secret(worker, id, first_secret, now)->secret_expires_at, now + hours(24));
  EXPECT_EQ(find_by_secret(worker, id, second_secret, now)->secret_expires_at, std::nullopt);
  EXPECT_THAT(find_by_secret(worker, id, second_secret, now)->scopes, ElementsAre("auth:token", "user:read"));
  EXPECT_FALSE(find_by_secret(worker, id, first_secret, now + hours(24)));
  EXPECT_FALSE(find_by_secret(worker, ServiceId::trusted("svc_unknown00000"), second_secret, now));
}

// What PostgreSQL did, not how long it took: the same for both.
TEST_F(ServicesTest, AWrongSecretIsNoMoreWorkThanAnUnknownClient) {
  grant("user:read");
  find_by_secret(worker, id, first_secret, now);
  const auto work = [&](const std::string& client) {
    std::string text;
    for (const Row& row : support::raw(worker,
                                       "EXPLAIN (ANALYZE, TIMING OFF, COSTS OFF, SUMMARY OFF) EXECUTE "
                                       "service_find_by_secret('" +
                                           client + "', sha256('wrong'), now())"))
      text += row.text("QUERY PLAN") + "\n";
    return text;
  };
  support::raw(worker, "SET plan_cache_mode = force_generic_plan");
  EXPECT_EQ(work(id.str()), work("svc_unknown00000"));
  EXPECT_THAT(work(id.str()), testing::HasSubstr("never executed"));
}

TEST_F(ServicesTest, ASecretIsGoneFromTheEndOfItsOverlapOn) {
  expire(now + hours(24));
  add(second_secret, now);
  EXPECT_THAT(hashes(now + hours(24)), ElementsAre(second_secret));
}

TEST_F(ServicesTest, ASecondExpiryShortensAndNeverLengthens) {
  expire(now + hours(2));
  EXPECT_EQ(expire(now + hours(3)), 0);
  EXPECT_EQ(found(now).secrets[0].expires_at, now + hours(2));
  EXPECT_EQ(expire(now + hours(1)), 1);
  EXPECT_EQ(found(now).secrets[0].expires_at, now + hours(1));
}

TEST_F(ServicesTest, AServiceWithoutALiveSecretIsFoundWithNone) {
  expire(now);
  EXPECT_THAT(hashes(now), IsEmpty());
}

TEST_F(ServicesTest, ExpiredSecretsAreDeletedInBatchesAndLiveOnesStay) {
  expire(now + hours(1));
  add(second_secret, now);
  clean(now);
  EXPECT_EQ(count(), "2");
  clean(now + hours(1));
  EXPECT_EQ(count(), "1");
  EXPECT_THAT(hashes(now), ElementsAre(second_secret));
}

TEST_F(ServicesTest, TheTokenVersionGrows) {
  const auto bump = [&](Tx& tx) { return bump_token_version(tx, id); };
  EXPECT_EQ(in_tx(bump), 2);
  EXPECT_EQ(in_tx(bump), 3);
  EXPECT_EQ(found(now).token_version, 3);
  auto tx = worker.begin();
  EXPECT_EQ(bump_token_version(tx, ServiceId::trusted("svc_unknown00000")), std::nullopt);
}

TEST_F(ServicesTest, ADisabledServiceIsFoundAsDisabledAndDisabledOnce) {
  auto tx = owner.begin();
  EXPECT_TRUE(disable(tx, id, now));
  EXPECT_FALSE(disable(tx, id, now));
  tx.commit();
  EXPECT_EQ(found(now).disabled_at, now);
}

TEST_F(ServicesTest, ALockMakesOthersWaitAndIsFalseForAnUnknownOne) {
  auto tx = worker.begin();
  EXPECT_TRUE(lock(tx, id));
  EXPECT_FALSE(lock(tx, ServiceId::trusted("svc_unknown00000")));
  auto parts = support::Database::of_this_binary().worker();
  parts.lock_timeout = std::chrono::milliseconds(50);
  Connection other(conninfo(parts));
  auto second = other.begin();
  EXPECT_THROW(lock(second, id), Error);
}

TEST_F(ServicesTest, AListGoesOnAfterItsCursor) {
  const ServiceId next = ServiceId::trusted("svc_" + unique_digits());
  create(next, second_secret);
  const auto first_page = list(worker, "", 1);
  EXPECT_EQ(first_page.size(), 1U);
  const auto page = list(worker, id.str(), 1000);
  ASSERT_FALSE(page.empty());
  EXPECT_EQ(page.front().id, next);
}

}  // namespace
}  // namespace gatehouse::db::services
