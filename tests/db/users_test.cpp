#include "db/users.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "tests/support/database.h"

namespace gatehouse::db::users {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;

class UsersTest : public support::DatabaseTest {
 protected:
  UsersTest() {
    support::raw(owner, "INSERT INTO tenants (tenant_id, name, created_at) VALUES ('" + other.str() +
                            "', 'other', '2024-01-15T10:30:00Z')");
  }

  template <class Action>
  auto in_tx(Action action) {
    auto tx = worker.begin();
    auto result = action(tx);
    tx.commit();
    return result;
  }
  bool add(const TenantId& of, const UserId& id, const std::string& email, const std::string& profile = "{}",
           Time at = from_unix_seconds(1'900'000'000)) {
    return in_tx([&](Tx& tx) { return insert(tx, of, {id, email, email, "hash", profile}, at); });
  }
  std::optional<UserRow> found(const TenantId& of, const UserId& id) {
    return in_tx([&](Tx& tx) { return find(tx, of, id); });
  }
  std::vector<std::string> listed(const Position& after, int limit, std::int64_t bytes = 1000) {
    std::vector<std::string> emails;
    for (const auto& user : in_tx([&](Tx& tx) { return list(tx, tenant, after, limit, bytes); })) {
      emails.push_back(user.email);
    }
    return emails;
  }

  const TenantId other = TenantId::trusted("tnt_" + unique_digits());
  const UserId ann = UserId::trusted("usr_ann000000000");
  const UserId ben = UserId::trusted("usr_ben000000000");
};

TEST_F(UsersTest, AProfileComesBackAsItCame) {
  const std::string profile =
      R"({ "b":1.50e+02,"a" : [12345678901234567890123, null] ,  "é":"\u00e9", "a b":{}})";
  EXPECT_TRUE(add(tenant, ann, "ann@example.com", profile));
  EXPECT_EQ(found(tenant, ann)->profile, profile);
}

TEST_F(UsersTest, AnEmailIsTakenOnceInATenant) {
  EXPECT_TRUE(add(tenant, ann, "ann@example.com"));
  EXPECT_FALSE(add(tenant, ben, "ann@example.com"));
  EXPECT_TRUE(add(other, ben, "ann@example.com"));
  EXPECT_TRUE(in_tx([&](Tx& tx) { return email_is_taken(tx, tenant, "ann@example.com"); }));
  EXPECT_FALSE(in_tx([&](Tx& tx) { return email_is_taken(tx, tenant, "ben@example.com"); }));
}

TEST_F(UsersTest, ATenantThatIsNotThereHasNoUsers) {
  try {
    add(TenantId::trusted("tnt_none00000000"), ann, "ann@example.com");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::not_found);
  }
}

TEST_F(UsersTest, AnotherTenantsUserIsNotThere) {
  add(tenant, ann, "ann@example.com");
  EXPECT_FALSE(found(other, ann));
  EXPECT_TRUE(find(worker, tenant, ann) && !find(worker, other, ann)) << "in one statement";
  EXPECT_FALSE(in_tx([&](Tx& tx) { return find_by_email(tx, other, "ann@example.com").has_value(); }));
  EXPECT_FALSE(in_tx([&](Tx& tx) { return find_with_hash(tx, other, ann).has_value(); }));
  EXPECT_FALSE(in_tx([&](Tx& tx) { return find_and_lock(tx, other, ann).has_value(); }));
  EXPECT_FALSE(in_tx([&](Tx& tx) { return remove(tx, other, ann); }));
  EXPECT_FALSE(in_tx([&](Tx& tx) { return replace_hash(tx, other, ann, "hash", "x"); }));
  EXPECT_FALSE(in_tx([&](Tx& tx) { return bump_version(tx, other, ann).has_value(); }));
  EXPECT_TRUE(found(tenant, ann));
}

TEST_F(UsersTest, TheyAreListedAsTheyCame) {
  add(tenant, ben, "1", "{}", now);
  add(tenant, ann, "2", "{}", now + seconds(1));
  add(tenant, UserId::trusted("usr_zoe000000000"), "3", "{}", now + seconds(1));
  add(other, ann, "another's");
  EXPECT_THAT(listed({from_unix_seconds(0), ""}, 10), ElementsAre("1", "2", "3"));
  EXPECT_THAT(listed({from_unix_seconds(0), ""}, 1), ElementsAre("1"));
  EXPECT_THAT(listed({now, ben.str()}, 10), ElementsAre("2", "3"));
  EXPECT_THAT(listed({now + seconds(1), ann.str()}, 10), ElementsAre("3"));
}

TEST_F(UsersTest, AListEndsWhereItsBytesAreFullAndHasOneAtLeast) {
  for (int i = 0; i < 4; ++i) {
    add(tenant, UserId::trusted("usr_00000000000" + std::to_string(i)), std::to_string(i),
        R"({"a":")" + std::string(91, 'a') + "\"}", now + seconds(i));
  }
  const Position start{from_unix_seconds(0), ""};
  EXPECT_THAT(listed(start, 10, 1), ElementsAre("0"));
  EXPECT_THAT(listed(start, 10, 100), ElementsAre("0"));
  EXPECT_THAT(listed(start, 10, 101), ElementsAre("0", "1"));
  EXPECT_THAT(listed(start, 3, 1000), ElementsAre("0", "1", "2"));
}

TEST_F(UsersTest, AHashIsReplacedOnlyWhereItIsStillTheSame) {
  add(tenant, ann, "ann@example.com");
  EXPECT_TRUE(in_tx([&](Tx& tx) { return replace_hash(tx, tenant, ann, "hash", "new"); }));
  EXPECT_FALSE(in_tx([&](Tx& tx) { return replace_hash(tx, tenant, ann, "hash", "newer"); }));
  EXPECT_EQ(in_tx([&](Tx& tx) { return find_with_hash(tx, tenant, ann)->password_hash; }), "new");
}

TEST_F(UsersTest, VersionsGoUp) {
  add(tenant, ann, "ann@example.com");
  EXPECT_EQ(found(tenant, ann)->version, 1);
  EXPECT_EQ(in_tx([&](Tx& tx) { return bump_version(tx, tenant, ann); }), 2);
  EXPECT_EQ(found(tenant, ann)->version, 2);
}

TEST_F(UsersTest, AnyNumberGoesAtOnce) {
  add(tenant, ann, "ann@example.com");
  add(tenant, ben, "ben@example.com");
  add(other, ann, "ann@example.com");
  EXPECT_EQ(in_tx([&](Tx& tx) { return remove_some(tx, tenant, 1); }), 1);
  EXPECT_EQ(in_tx([&](Tx& tx) { return remove_some(tx, tenant, 9); }), 1);
  EXPECT_TRUE(found(other, ann));
}

}  // namespace
}  // namespace gatehouse::db::users
