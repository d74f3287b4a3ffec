// What the database itself holds against a worker that forgets a WHERE, or has been taken over. These tests
// walk the catalog, so that a new table or function is tested by being there.
#include <gmock/gmock.h>

#include "db/health.h"
#include "tests/support/database.h"

namespace gatehouse::db {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

constexpr Statement kReadTenants{"test_tenants", "SELECT tenant_id AS value FROM tenants"};

class IsolationTest : public support::DatabaseTest {
 protected:
  static std::vector<std::string> values(const Rows& rows) {
    std::vector<std::string> result;
    for (const Row& row : rows) result.push_back(row.text("value"));
    return result;
  }
  std::vector<std::string> as_owner(const std::string& sql) { return values(support::raw(owner, sql)); }
  void fill_every_table() {
    const std::string of = "'" + tenant.str() + "', ";
    support::raw(owner, "INSERT INTO tenant_keys (tenant_id, key_hash, kind, created_at) VALUES (" + of +
                            "sha256('" + tenant.str() + "'), 'secret', now())");
    support::raw(
        owner,
        "INSERT INTO users (tenant_id, user_id, email, email_key, password_hash, profile, created_at) "
        "VALUES (" +
            of + "'usr_isolation000', 'a@b.example', 'a@b.example', 'none', '{}', now())");
    support::raw(
        owner,
        "INSERT INTO dev_tokens (tenant_id, token_id, token_hash, note, created_by, created_at) VALUES (" +
            of + "'jt_isolation000', sha256('" + tenant.str() + "'), '', '', now())");
    support::raw(owner,
                 "INSERT INTO login_attempts (tenant_id, address, account, attempts, started_at) VALUES (" +
                     of + "'192.0.2.7', sha256('a'), 1, now())");
    support::raw(
        owner,
        "INSERT INTO audit_log (tenant_id, at, id, actor, action, target, client_address, request_id, "
        "detail) VALUES (" +
            of + "now(), gen_random_uuid()::text, 'a', 'b', 'c', '', '', '{}')");
  }
  static std::string workers_role() { return support::Database::of_this_binary().worker().user; }

  // Tables of ours that have a tenant; relispartition tells the partitions of others.
  const std::string with_tenant = R"sql(
    SELECT c.relname AS value FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
     WHERE c.relnamespace = 'gatehouse'::regnamespace AND c.relkind IN ('r', 'p')
       AND a.attname = 'tenant_id' AND NOT a.attisdropped)sql";
};

TEST_F(IsolationTest, EveryTableWithATenantHasRowLevelSecurity) {
  EXPECT_THAT(as_owner(with_tenant), Not(IsEmpty()));
  EXPECT_THAT(as_owner(with_tenant + " AND NOT c.relrowsecurity"), IsEmpty());
}

TEST_F(IsolationTest, EveryTableWithATenantHasAPolicyThatAsksForIt) {
  EXPECT_THAT(as_owner(with_tenant + R"sql( AND NOT c.relispartition AND NOT EXISTS (
      SELECT 1 FROM pg_policies p WHERE p.schemaname = 'gatehouse' AND p.tablename = c.relname
         AND p.qual = '(tenant_id = current_setting(''app.tenant''::text, true))' AND p.cmd = 'ALL'))sql"),
              IsEmpty());
}

TEST_F(IsolationTest, NoPolicyIsWiderThanTheTenant) {
  EXPECT_THAT(as_owner(R"sql(
      SELECT tablename || '.' || policyname AS value FROM pg_policies WHERE schemaname = 'gatehouse'
         AND qual <> '(tenant_id = current_setting(''app.tenant''::text, true))')sql"),
              IsEmpty());
}

TEST_F(IsolationTest, NoTableTakesAnEmptyTenant) {
  EXPECT_THAT(as_owner(with_tenant + R"sql( AND NOT EXISTS (
      SELECT 1 FROM pg_constraint k WHERE k.conrelid = c.oid
         AND pg_get_constraintdef(k.oid) = 'CHECK ((tenant_id <> ''''::text))'))sql"),
              IsEmpty());
}

// Each has a row that could be seen; a new table wants one in fill_every_table().
TEST_F(IsolationTest, WithoutATenantAWorkerSeesNoRowOfAnyTableWithOne) {
  fill_every_table();
  const auto tables = as_owner(with_tenant + " AND NOT c.relispartition");
  for (const auto& table : tables) {
    EXPECT_NE(support::raw_text(owner, "SELECT count(*) AS value FROM " + table), "0") << table;
  }
  for (const bool after_another : {false, true}) {
    if (after_another) {
      auto tx = worker.begin();
      tx.as_tenant(tenant);
      tx.commit();
    }
    for (const auto& table : tables) {
      EXPECT_EQ(support::raw_text(worker, "SELECT count(*) AS value FROM " + table), "0") << table;
    }
  }
}

TEST_F(IsolationTest, WithATenantAWorkerSeesItsRowsOnly) {
  auto tx = worker.begin();
  tx.as_tenant(tenant);
  EXPECT_THAT(values(tx.run(kReadTenants)), ElementsAre(tenant.str()));
  tx.as_tenant(default_tenant());
  EXPECT_THAT(values(tx.run(kReadTenants)), ElementsAre("tnt_default"));
}

TEST_F(IsolationTest, TheTenantEndsWithItsTransaction) {
  {
    auto tx = worker.begin();
    tx.as_tenant(tenant);
    tx.commit();
  }
  EXPECT_THAT(values(worker.read(kReadTenants)), IsEmpty());
}

TEST_F(IsolationTest, WhatRunsAsTheOwnerIsThisListAndNoMore) {
  EXPECT_THAT(
      as_owner(R"sql(
      SELECT p.proname AS value FROM pg_proc p WHERE p.prosecdef
         AND p.pronamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
       ORDER BY p.proname)sql"),
      ElementsAre("access_log_partitions_drop", "access_log_partitions_make", "access_log_partitions_make_at",
                  "access_sums_delete_before", "audit_partitions_drop", "audit_partitions_make",
                  "audit_partitions_make_at", "audit_read", "coze_answers_delete_expired",
                  "credentials_changed", "credentials_deleted", "dev_token_owner", "dev_token_tenant",
                  "dev_tokens_count", "dev_tokens_delete_of_tenant", "dev_tokens_forget_copies",
                  "dev_tokens_list", "dev_tokens_newest", "dev_tokens_used", "line_events_delete_before",
                  "login_attempts_delete_expired", "note_credentials", "replay_keys_delete_expired",
                  "revocations_delete_expired", "service_secrets_delete_expired", "services_delete_unused",
                  "tenant_key_owner", "tenant_keys_delete_expired", "tenants_list",
                  "token_families_delete_expired", "token_families_delete_of_tenant", "user_owner",
                  "vault_log_delete_before", "vault_records_delete_unusable"));
}

TEST_F(IsolationTest, EachOfThemHasAFixedSearchPathAndIsNotPublic) {
  EXPECT_THAT(as_owner(R"sql(
      SELECT p.proname AS value FROM pg_proc p WHERE p.prosecdef
         AND p.pronamespace = 'gatehouse'::regnamespace
         AND (p.proconfig IS NULL
              OR NOT 'search_path=pg_catalog, gatehouse, pg_temp' = ANY (p.proconfig)
              OR p.proacl IS NULL
              OR EXISTS (SELECT 1 FROM aclexplode(p.proacl) a WHERE a.grantee = 0)))sql"),
              IsEmpty());
}

TEST_F(IsolationTest, TheWorkersRoleOwnsNothingAndIsNothingSpecial) {
  EXPECT_THAT(as_owner("SELECT relname AS value FROM pg_class WHERE pg_get_userbyid(relowner) = '" +
                       workers_role() + "'"),
              IsEmpty());
  EXPECT_THAT(as_owner("SELECT proname AS value FROM pg_proc WHERE pg_get_userbyid(proowner) = '" +
                       workers_role() + "'"),
              IsEmpty());
  EXPECT_THAT(as_owner("SELECT rolname AS value FROM pg_roles WHERE rolname = '" + workers_role() +
                       "' AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)"),
              IsEmpty());
}

TEST_F(IsolationTest, TheWorkersRoleCanMakeNoTableAnywhere) {
  EXPECT_THAT(as_owner("SELECT nspname AS value FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp_' AND "
                       "has_schema_privilege('" +
                       workers_role() + "', oid, 'CREATE')"),
              IsEmpty());
}

TEST_F(IsolationTest, ADatabaseWithItsMigrationsIsWell) { EXPECT_TRUE(health::check(worker).well); }

TEST_F(IsolationTest, ADatabaseWithoutMigrationsIsNotWell) {
  auto parts = support::Database::of_this_binary().owner();
  parts.dbname = "postgres";
  Connection empty(conninfo(parts));
  EXPECT_EQ(health::check(empty).why, "migrations are missing");
}

TEST_F(IsolationTest, ADatabaseOutOfReachIsNotWell) {
  auto parts = support::Database::of_this_binary().worker();
  parts.host = "/nonexistent";
  Connection nowhere(conninfo(parts));
  EXPECT_FALSE(health::check(nowhere).well);
}

}  // namespace
}  // namespace gatehouse::db
