// The migrations themselves, by Sqitch, on databases of their own: from nothing, back to nothing, and the
// newest one over data that the one before has left.
#include <gmock/gmock.h>

#include "base/error.h"
#include "tests/support/command.h"
#include "tests/support/database.h"

namespace gatehouse::db {
namespace {

class MigrationsTest : public support::DatabaseTest {
 protected:
  MigrationsTest() { support::raw(owner, "CREATE DATABASE " + name + " TEMPLATE template0"); }
  ~MigrationsTest() override {
    fresh_.reset();
    support::raw(owner, "DROP DATABASE " + name);
  }

  // Expects it to go well; what it said.
  std::string sqitch(std::vector<std::string> arguments) const {
    const auto parts = support::Database::of_this_binary().owner();
    std::vector<std::string> command{"sqitch", "--chdir", GATEHOUSE_SOURCE_DIR};
    command.insert(command.end(), arguments.begin(), arguments.end());
    command.insert(command.end(), {"--target", "db:pg:" + name});
    if (arguments.front() != "status") {
      command.insert(command.end(), {"--set", "worker=" + support::Database::of_this_binary().worker().user});
    }
    const auto result = support::run_command(command, {{"PGHOST", parts.host},
                                                       {"PGPORT", parts.port},
                                                       {"PGUSER", parts.user},
                                                       {"PGPASSWORD", std::string(parts.password.reveal())},
                                                       {"PGDATABASE", name},
                                                       {"SQITCH_USER_CONFIG", "/dev/null"},
                                                       {"SQITCH_SYSTEM_CONFIG", "/dev/null"}});
    EXPECT_TRUE(result.ok()) << result.output;
    return result.output;
  }

  Connection& fresh() {
    auto parts = support::Database::of_this_binary().owner();
    parts.dbname = name;
    if (!fresh_) fresh_.emplace(conninfo(parts));
    return *fresh_;
  }
  std::string count(const std::string& what) {
    return support::raw_text(fresh(), "SELECT count(*) AS value FROM " + what);
  }

  const std::string name = support::Database::of_this_binary().owner().dbname + "_" + unique_digits();

 private:
  std::optional<Connection> fresh_;
};

TEST_F(MigrationsTest, AnEmptyDatabaseTakesThemAllAndASecondRunIsHarmless) {
  sqitch({"deploy"});
  sqitch({"verify"});
  EXPECT_THAT(sqitch({"deploy"}), testing::HasSubstr("Nothing to deploy"));
  EXPECT_EQ(count("tenants WHERE tenant_id = 'tnt_default'"), "1");
}

TEST_F(MigrationsTest, TheyGoBackToNothingAndForthAgain) {
  sqitch({"deploy"});
  sqitch({"revert", "-y"});
  EXPECT_EQ(count("pg_namespace WHERE nspname = 'gatehouse'"), "0");
  sqitch({"deploy"});
}

TEST_F(MigrationsTest, TheNewestOneKeepsWhatTheOneBeforeHasLeft) {
  sqitch({"deploy", "--to", "@HEAD^"});
  support::raw(fresh(), R"sql(
    WITH service AS (
      INSERT INTO services (client_id, service_name, description, created_at)
      VALUES ('svc_000000000001', 'old', '', now()) RETURNING client_id),
    scope AS (
      INSERT INTO service_scopes (client_id, scope_name, granted_at, granted_by)
      SELECT 'svc_000000000001', 'user:read', now(), 'cli:root' WHERE EXISTS (SELECT 1 FROM service)),
    family AS (
      INSERT INTO token_families (family_id, locator_hash, client_id, subject, current_hash, created_at,
                                  expires_at, access_expires_at)
      VALUES ('f', sha256('l'), 'svc_000000000001', '42', sha256('c'), now(), now(), now())),
    revocation AS (
      INSERT INTO revocations (key, min_version, effective_at, expires_at) VALUES ('token:x', 1, now(), now()))
    INSERT INTO audit_log (tenant_id, at, id, actor, action, target, client_address, request_id, detail)
    VALUES ('tnt_default', now(), 'a', '', '', '', '', '', '{}'))sql");
  sqitch({"deploy"});
  sqitch({"verify"});
  for (const char* table :
       {"services", "service_scopes", "token_families", "revocations WHERE key = 'token:x'", "audit_log"}) {
    EXPECT_EQ(count(table), "1") << table;
  }
}

}  // namespace
}  // namespace gatehouse::db
