#include "db/tenants.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "db/login_attempts.h"
#include "db/users.h"
#include "tests/support/database.h"

namespace gatehouse::db::tenants {
namespace {

using std::chrono::hours;

class TenantsTest : public support::DatabaseTest {
 protected:
  void add(const TenantId& id, KeyKind kind, const std::string& hash, Time at) {
    auto tx = worker.begin();
    add_key(tx, id, {kind, hash, kind == KeyKind::public_key ? "pub_" + hash : ""}, at);
    tx.commit();
  }
  void expire(const TenantId& id, KeyKind kind, Time at) {
    auto tx = worker.begin();
    expire_keys(tx, id, kind, at);
    tx.commit();
  }
  std::optional<TenantWithKeys> found(const TenantId& id) {
    auto tx = worker.begin();
    return find(tx, id);
  }
  std::string owner_of(const std::string& hash, Time at) {
    const auto known = find_by_key(worker, hash, at);
    if (!known) return "nobody";
    return known->tenant.str() + (known->kind == KeyKind::public_key ? " public" : " secret");
  }
  std::string hash(char mark) const { return std::string(20, mark) + tenant.str().substr(4); }
  std::string keys_of(const TenantId& id) {
    return support::raw_text(
        owner, "SELECT count(*) AS value FROM tenant_keys WHERE tenant_id = '" + id.str() + "'");
  }

  const TenantId other = TenantId::trusted("tnt_" + unique_digits());
};

TEST_F(TenantsTest, OneIsMadeAndFoundWithItsKeys) {
  {
    auto tx = worker.begin();
    insert(tx, other, "应用", now);
    tx.commit();
  }
  EXPECT_EQ(found(other)->name, "应用");
  EXPECT_EQ(found(other)->public_key, std::nullopt);
  add(other, KeyKind::public_key, hash('p'), now);
  add(other, KeyKind::secret_key, hash('s'), now);
  EXPECT_EQ(found(other)->public_key, "pub_" + hash('p'));
  EXPECT_EQ(found(other)->secret_key_hash, hash('s'));
  EXPECT_EQ(found(other)->created_at, now);
}

TEST_F(TenantsTest, AKeyIsFoundByItsHashWhileItLives) {
  add(tenant, KeyKind::public_key, hash('p'), now);
  add(tenant, KeyKind::secret_key, hash('s'), now);
  expire(tenant, KeyKind::secret_key, now + hours(1));
  EXPECT_EQ(owner_of(hash('p'), now), tenant.str() + " public");
  EXPECT_EQ(owner_of(hash('s'), now), tenant.str() + " secret");
  EXPECT_EQ(owner_of(hash('s'), now + hours(1)), "nobody");
  EXPECT_EQ(owner_of(hash('p'), now + hours(1)), tenant.str() + " public");
  EXPECT_EQ(owner_of(hash('x'), now), "nobody");
}

TEST_F(TenantsTest, TheNewestKeyIsShown) {
  add(tenant, KeyKind::secret_key, hash('1'), now);
  expire(tenant, KeyKind::secret_key, now + hours(1));
  add(tenant, KeyKind::secret_key, hash('2'), now);
  EXPECT_EQ(found(tenant)->secret_key_hash, hash('2'));
}

TEST_F(TenantsTest, AnEndIsNeverMovedBack) {
  add(tenant, KeyKind::secret_key, hash('s'), now);
  expire(tenant, KeyKind::secret_key, now + hours(1));
  expire(tenant, KeyKind::secret_key, now + hours(9));
  EXPECT_EQ(owner_of(hash('s'), now + hours(1)), "nobody");
}

TEST_F(TenantsTest, AHashIsThereOnce) {
  add(tenant, KeyKind::secret_key, hash('s'), now);
  EXPECT_THROW(add(tenant, KeyKind::secret_key, hash('s'), now), Error);
}

TEST_F(TenantsTest, AllAreListedInPages) {
  std::vector<std::string> seen;
  std::string after;
  for (;;) {
    const auto page = list(worker, after, 1);
    if (page.empty()) break;
    after = page.front().id.str();
    seen.push_back(after);
  }
  EXPECT_THAT(seen, testing::IsSupersetOf({tenant.str(), std::string("tnt_default")}));
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
}

TEST_F(TenantsTest, WhatIsItsOwnGoesWithIt) {
  add(tenant, KeyKind::secret_key, hash('s'), now);
  {
    auto tx = worker.begin();
    users::insert(tx, tenant, {UserId::trusted("usr_000000000001"), "a@b.example", "a@b.example", "h", "{}"},
                  now);
    tx.commit();
  }
  login_attempts::take(worker, {tenant, hash('a'), "192.0.2.1", now}, {10, 100, Seconds(60)});
  auto tx = worker.begin();
  EXPECT_TRUE(remove(tx, tenant));
  EXPECT_FALSE(remove(tx, tenant));
  tx.commit();
  for (const char* table : {"tenants", "tenant_keys", "users", "login_attempts"}) {
    EXPECT_EQ(support::raw_text(owner, std::string("SELECT count(*) AS value FROM ") + table +
                                           " WHERE tenant_id = '" + tenant.str() + "'"),
              "0")
        << table;
  }
}

TEST_F(TenantsTest, OneThatHasEndedIsGoneAndStaysEnded) {
  const auto end_of = [&](const TenantId& id, Time at) {
    auto tx = worker.begin();
    const auto ending = end(tx, id, at);
    tx.commit();
    return ending;
  };
  EXPECT_EQ(end_of(other, now), Ending::missing);
  EXPECT_EQ(end_of(tenant, now), Ending::now);
  EXPECT_EQ(end_of(tenant, now + hours(1)), Ending::before);
  EXPECT_EQ(found(tenant), std::nullopt);
  auto tx = worker.begin();
  EXPECT_FALSE(lock(tx, tenant));
  tx.commit();
  for (const auto& row : list(worker, "", 1000)) EXPECT_NE(row.id, tenant);
  for (auto* connection : {&worker, &owner}) {
    const std::string back = "UPDATE tenants SET ended_at = NULL WHERE tenant_id = '" + tenant.str() + "'";
    auto changing = connection->begin();
    changing.as_tenant(tenant);
    EXPECT_THROW(changing.run({"test_take_back", back.c_str()}), Error);
  }
}

TEST_F(TenantsTest, KeysGoSomeTimeAfterTheirEnd) {
  add(tenant, KeyKind::secret_key, hash('1'), now);
  add(tenant, KeyKind::secret_key, hash('2'), now);
  expire(tenant, KeyKind::secret_key, now + hours(1));
  add(tenant, KeyKind::secret_key, hash('3'), now);
  while (delete_expired_keys(owner, now, 1) > 0) {
  }
  EXPECT_EQ(keys_of(tenant), "3");
  while (delete_expired_keys(owner, now + hours(1), 1) > 0) {
  }
  EXPECT_EQ(keys_of(tenant), "1");
}

}  // namespace
}  // namespace gatehouse::db::tenants
