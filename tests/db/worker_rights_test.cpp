// What the workers' role may not, whatever a worker asks for: the rights are listed from the catalog, so that
// a new one fails here until somebody has thought about it.
#include <gmock/gmock.h>

#include "base/error.h"
#include "db/access_log.h"
#include "db/audit.h"
#include "db/coze_answers.h"
#include "db/dev_tokens.h"
#include "db/line.h"
#include "db/login_attempts.h"
#include "db/replay_keys.h"
#include "db/revocations.h"
#include "db/services.h"
#include "db/tenants.h"
#include "db/token_families.h"
#include "db/vault.h"
#include "db/vault_log.h"
#include "tests/support/database.h"

namespace gatehouse::db {
namespace {

using std::chrono::days;
using std::chrono::hours;
using testing::ElementsAre;
using testing::IsEmpty;

class WorkerRightsTest : public support::DatabaseTest {
 protected:
  std::vector<std::string> as_owner(const std::string& sql) {
    std::vector<std::string> result;
    for (const Row& row : support::raw(owner, sql)) result.push_back(row.text("value"));
    return result;
  }
  void revoke(const revocations::Revocation& revocation) {
    auto tx = worker.begin();
    revocations::revoke(tx, revocation);
    tx.commit();
  }
  bool refused(const std::string& sql) {
    try {
      support::raw(worker, sql);
      return false;
    } catch (const Error& e) {
      const auto says = [&](const char* words) { return e.cause().find(words) != std::string::npos; };
      return says("permission denied") || says("violates row-level security");
    }
  }
  bool record_as(Connection& db, const std::string& actor) {
    try {
      auto tx = db.begin();
      audit::record(tx, {tenant, now, actor, "tested", "x", "", ""});
      tx.commit();
      return true;
    } catch (const Error& e) {
      EXPECT_NE(e.cause().find("violates row-level security"), std::string::npos) << e.cause();
      return false;
    }
  }
  std::string count(const std::string& what) {
    return support::raw_text(owner, "SELECT count(*) AS value FROM " + what);
  }

  // Partitions have no rights of their own.
  const std::string tables_with = R"sql(
    SELECT c.relname AS value FROM pg_class c WHERE c.relnamespace = 'gatehouse'::regnamespace
       AND c.relkind IN ('r', 'p') AND has_table_privilege(')sql" +
                                  support::Database::of_this_binary().worker().user + "', c.oid, '";
  const Time server_now = SystemClock().now();
  const Time far = from_unix_seconds(4'000'000'000);
  const std::string digits = unique_digits();
};

TEST_F(WorkerRightsTest, ItDeletesFromTheseTablesOnly) {
  EXPECT_THAT(as_owner(tables_with + "DELETE') ORDER BY 1"),
              ElementsAre("login_attempts", "outbox", "service_scopes", "tenants", "users", "vault_records"));
  EXPECT_THAT(as_owner(tables_with + "TRUNCATE, REFERENCES, TRIGGER') ORDER BY 1"), IsEmpty());
}

TEST_F(WorkerRightsTest, ItUpdatesTheseColumnsOnly) {
  EXPECT_THAT(as_owner(tables_with + "UPDATE') ORDER BY 1"), IsEmpty());
  EXPECT_THAT(
      as_owner("SELECT c.relname || '.' || a.attname AS value FROM pg_class c "
               "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
               "WHERE c.relnamespace = 'gatehouse'::regnamespace AND c.relkind IN ('r', 'p') AND "
               "has_column_privilege('" +
               support::Database::of_this_binary().worker().user +
               "', c.oid, a.attnum, 'UPDATE') ORDER BY c.relname, a.attname"),
      ElementsAre(
          "access_sums.errors", "access_sums.milliseconds", "access_sums.requests", "coze_answers.calls",
          "coze_answers.good_until", "coze_answers.lease", "coze_answers.leased_until", "coze_answers.sealed",
          "dev_tokens.revoked_at", "line_languages.language", "login_attempts.attempts",
          "login_attempts.started_at", "outbox.attempts", "outbox.due_at", "revocations.effective_at",
          "revocations.expires_at", "revocations.min_version", "revocations.spares", "revocations.written_by",
          "services.first_used_at", "services.token_version", "tenant_keys.expires_at", "tenants.ended_at",
          "tenants.name", "token_families.access_expires_at", "token_families.current_hash",
          "token_families.ended_at", "token_families.parent_hash", "token_families.replay",
          "token_families.rotated_at", "users.disabled_at", "users.password_hash", "users.profile",
          "users.token_version", "vault_limits.limited_until", "vault_records.access_sealed",
          "vault_records.expires_at", "vault_records.failed_at", "vault_records.failures",
          "vault_records.fence", "vault_records.grant_id", "vault_records.intent_at",
          "vault_records.intent_digest", "vault_records.lease_until", "vault_records.leased_at",
          "vault_records.previous_sealed", "vault_records.previous_until", "vault_records.provider",
          "vault_records.refresh_at", "vault_records.refresh_sealed", "vault_records.refreshed_at",
          "vault_records.rescued_sealed", "vault_records.rescued_version", "vault_records.saved_at",
          "vault_records.state", "vault_records.version"));
}

TEST_F(WorkerRightsTest, WhoseCredentialsHaveChangedIsNotItsToWrite) {
  const std::string row = "('credentials:" + digits + "', 1, now(), now())";
  EXPECT_TRUE(refused("INSERT INTO revocations (key, min_version, effective_at, expires_at) VALUES " + row));
  support::raw(owner, "INSERT INTO revocations (key, min_version, effective_at, expires_at) VALUES " + row);
  EXPECT_TRUE(refused("UPDATE revocations SET min_version = 2 WHERE key = 'credentials:" + digits + "'"));
}

TEST_F(WorkerRightsTest, WhetherTheServerHasCrashedIsNotItsToSay) {
  revocations::mark(worker);
  EXPECT_TRUE(refused("INSERT INTO crash_mark (mark) VALUES (gen_random_uuid())"));
  EXPECT_TRUE(refused("UPDATE crash_mark SET mark = gen_random_uuid()"));
  EXPECT_TRUE(refused("DELETE FROM crash_mark"));
}

TEST_F(WorkerRightsTest, WhichTransactionWroteARevocationIsNotItsToSay) {
  revoke({"token:" + digits, 1, now, now + hours(1)});
  support::raw(worker, "UPDATE revocations SET written_by = '5' WHERE key = 'token:" + digits + "'");
  EXPECT_EQ(count("revocations WHERE written_by = '5' AND key = 'token:" + digits + "'"), "0");
}

TEST_F(WorkerRightsTest, NothingGoesThatHasNotExpiredByTheServersOwnClock) {
  const auto service = ServiceId::trusted("svc_" + digits);
  auto tx = worker.begin();
  services::insert(tx, service, "young", "", std::string(32, 's'), server_now);
  tenants::add_key(tx, tenant, {tenants::KeyKind::secret_key, std::string(20, 'k') + digits, ""}, server_now);
  tenants::expire_keys(tx, tenant, tenants::KeyKind::secret_key, server_now + hours(1));
  revocations::revoke(tx, {"token:" + digits, 1, server_now, server_now + hours(1)});
  tx.commit();
  token_families::insert(worker, {digits,
                                  std::string(20, 'l') + digits,
                                  service.str(),
                                  "42",
                                  {},
                                  std::string(32, 'c'),
                                  server_now,
                                  server_now + hours(1),
                                  server_now});
  access_log::insert(worker, std::vector<access_log::Entry>{
                                 {service.str(), "/x", "GET", 200, 1, "192.0.2.7", "curl", server_now}});
  login_attempts::take(worker, {tenant, std::string(32, 'a'), "192.0.2.7", server_now},
                       {10, 100, Seconds(60)});

  line::take_events(worker, {"event-" + digits}, server_now);
  coze_answers::take_lease(worker, "answer-" + digits, "lease", server_now, server_now + hours(1));
  replay_keys::insert(worker, std::stoll(digits), std::string(32, 'k'), server_now + hours(1));

  replay_keys::delete_expired(worker, far);
  services::delete_unused(worker, far, 1000);
  line::delete_events(worker, far, 1000);
  coze_answers::delete_expired(worker, far, 1000);
  tenants::delete_expired_keys(worker, far, 1000);
  revocations::delete_expired(worker, far, 1000);
  token_families::delete_expired(worker, far, 1000);
  access_log::delete_sums(worker, access_log::Grain::minute, far, 1000);
  login_attempts::delete_expired(worker, far, 1000);

  EXPECT_EQ(count("services WHERE client_id = '" + service.str() + "'"), "1");
  EXPECT_EQ(count("line_events WHERE event_id = 'event-" + digits + "'"), "1");
  EXPECT_EQ(count("coze_answers WHERE answer_id = 'answer-" + digits + "'"), "1");
  EXPECT_TRUE(replay_keys::find(worker, std::stoll(digits)));
  EXPECT_EQ(count("tenant_keys WHERE tenant_id = '" + tenant.str() + "'"), "1");
  EXPECT_EQ(count("revocations WHERE key = 'token:" + digits + "'"), "1");
  EXPECT_EQ(count("token_families WHERE family_id = '" + digits + "'"), "1");
  EXPECT_EQ(count("access_sums WHERE grain = 'minute' AND client_id = '" + service.str() + "'"), "1");
  EXPECT_EQ(count("login_attempts WHERE tenant_id = '" + tenant.str() + "'"), "2");
}

TEST_F(WorkerRightsTest, WhatHasExpiredGoesAtItsRequest) {
  revoke({"token:" + digits, 1, server_now - hours(2), server_now - hours(1)});
  while (revocations::delete_expired(worker, server_now, 1) > 0) {
  }
  EXPECT_EQ(count("revocations WHERE key = 'token:" + digits + "'"), "0");
  line::take_events(worker, {"event-" + digits}, server_now - days(2));
  coze_answers::take_lease(worker, "answer-" + digits, "lease", server_now - hours(2), server_now - hours(1));
  replay_keys::insert(worker, std::stoll(digits), std::string(32, 'k'), server_now - hours(1));
  EXPECT_GT(replay_keys::delete_expired(worker, server_now), 0);
  EXPECT_GT(line::delete_events(worker, server_now, 1000), 0);
  EXPECT_GT(coze_answers::delete_expired(worker, server_now, 1000), 0);
  EXPECT_EQ(count("line_events WHERE event_id = 'event-" + digits + "'"), "0");
  EXPECT_EQ(count("coze_answers WHERE answer_id = 'answer-" + digits + "'"), "0");
}

TEST_F(WorkerRightsTest, ARevokedDeveloperTokenStaysRevoked) {
  const auto id = DevTokenId::trusted("jt_" + digits);
  auto tx = worker.begin();
  dev_tokens::insert(tx, {{id, tenant, "", "", server_now, {}, {}, {}}, std::string(20, 'd') + digits, {}});
  EXPECT_TRUE(dev_tokens::revoke(tx, tenant, id, server_now));
  tx.commit();
  support::raw(worker, "SELECT set_config('app.tenant', '" + tenant.str() + "', false) AS value");
  for (const auto* change : {"revoked_at = NULL", "revoked_at = now() + interval '1 year'",
                             "last_used = NULL", "expires_at = NULL", "token_hash = ''"}) {
    EXPECT_TRUE(
        refused(std::string("UPDATE dev_tokens SET ") + change + " WHERE token_id = '" + id.str() + "'"))
        << change;
  }
}

TEST_F(WorkerRightsTest, OfTheVaultItCleansWhatHasExpiredByTheServersOwnClock) {
  const std::string alive = "alive-" + digits;
  const std::string expired = "expired-" + digits;
  auto tx = worker.begin();
  for (const auto& [user, at] :
       {std::pair(alive, server_now + hours(1)), std::pair(expired, server_now - hours(1))})
    vault::insert(tx, {user, "tesla", "g", "s", {}, at, {}}, server_now);
  vault_log::add(tx, {alive, server_now, "save", "created", "t", "", ""});
  tx.commit();
  auto cleaning = worker.begin();
  vault::delete_unusable(cleaning, far, 1000);
  cleaning.commit();
  vault_log::delete_old(worker, far, 1000);
  EXPECT_TRUE(vault::find(worker, alive));
  EXPECT_FALSE(vault::find(worker, expired));
  EXPECT_EQ(count("vault_log WHERE user_id = '" + alive + "'"), "1");
  EXPECT_TRUE(refused("UPDATE vault_records SET user_id = 'x' WHERE user_id = '" + alive + "'"));
  EXPECT_TRUE(
      refused("INSERT INTO vault_handles (handle_id, user_id, handle_hash, created_at, created_by) "
              "VALUES ('h', '" +
              alive + "', 'x', now(), '')"));
  EXPECT_TRUE(refused("INSERT INTO seal_keys (key_id, fingerprint, seen_at) VALUES ('k9', 'x', now())"));
  EXPECT_TRUE(refused("DELETE FROM vault_log"));
}

TEST_F(WorkerRightsTest, ARevocationCannotBeTakenBack) {
  revoke({"token:" + digits, 3, now, now + hours(1)});
  const std::string where = " WHERE key = 'token:" + digits + "'";
  EXPECT_TRUE(refused("UPDATE revocations SET min_version = 2" + where));
  EXPECT_TRUE(refused("UPDATE revocations SET effective_at = effective_at + interval '1 year'" + where));
  EXPECT_TRUE(refused("UPDATE revocations SET expires_at = now()" + where));
  EXPECT_TRUE(refused("UPDATE revocations SET key = 'token:other'" + where));
  EXPECT_TRUE(refused("UPDATE revocations SET spares = 'one'" + where));
  EXPECT_TRUE(refused("UPDATE revocations SET spares = 'one', min_version = 4" + where));
  EXPECT_TRUE(refused("DELETE FROM revocations" + where));
}

// What a new password does: all tokens but the one that asked for it.
TEST_F(WorkerRightsTest, AUsersRevocationSparesATokenOnlyWhereItEndsMore) {
  const std::string where = " WHERE key = 'subject:" + digits + "'";
  revoke({"subject:" + digits, 3, now, now + hours(1), "one"});
  EXPECT_TRUE(refused("UPDATE revocations SET spares = 'two'" + where));
  EXPECT_FALSE(refused("UPDATE revocations SET spares = NULL" + where));
  EXPECT_TRUE(refused("UPDATE revocations SET spares = 'one'" + where));
  revoke({"subject:" + digits, 4, now, now + hours(1), "two"});
  EXPECT_EQ(count("revocations" + where + " AND spares = 'two'"), "1");
}

TEST_F(WorkerRightsTest, AFamilyThatHasEndedStaysEnded) {
  token_families::insert(worker, {digits,
                                  std::string(20, 'l') + digits,
                                  "svc_x",
                                  "42",
                                  {},
                                  std::string(32, 'c'),
                                  server_now,
                                  server_now + hours(1),
                                  server_now});
  auto tx = worker.begin();
  EXPECT_TRUE(token_families::end(tx, digits, server_now));
  tx.commit();
  for (const auto* change : {"ended_at = NULL", "ended_at = now() + interval '1 year'"})
    EXPECT_TRUE(
        refused(std::string("UPDATE token_families SET ") + change + " WHERE family_id = '" + digits + "'"));
}

TEST_F(WorkerRightsTest, ItCannotWriteInTheNameOfTheCommandLine) {
  EXPECT_FALSE(record_as(worker, "cli:root"));
  EXPECT_FALSE(record_as(worker, "keeper"));
  EXPECT_TRUE(record_as(worker, "svc_000000000001"));
  EXPECT_TRUE(record_as(owner, "cli:root"));
}

TEST_F(WorkerRightsTest, ItMakesPartitionsNearNowOnly) {
  for (const auto time : {server_now - days(800), server_now + days(800), far, from_unix_seconds(0)}) {
    EXPECT_EQ(audit::make_partitions(worker, time, 24), 0);
    EXPECT_EQ(access_log::make_partitions(worker, time, 104), 0);
  }
  EXPECT_GT(access_log::make_partitions(worker, server_now + days(365), 0), 0);
  EXPECT_TRUE(refused("SELECT audit_partitions_make_at('2099-01-01', 24)"));
  EXPECT_TRUE(refused("SELECT access_log_partitions_make_at('2099-01-01', 104)"));
}

TEST_F(WorkerRightsTest, ItMakesNoLargeObject) {
  EXPECT_TRUE(refused("SELECT lo_create(0)"));
  EXPECT_TRUE(refused("SELECT lo_creat(-1)"));
  EXPECT_TRUE(refused("SELECT lo_from_bytea(0, 'x')"));
  EXPECT_TRUE(refused("SELECT lo_import('/etc/passwd')"));
}

TEST_F(WorkerRightsTest, ItsAccessLogIsNumberedByTheSequence) {
  EXPECT_TRUE(refused(
      "INSERT INTO access_log (id, client_id, created_at, endpoint, method, status_code, response_time_ms, "
      "ip_address, user_agent) VALUES (9000000000000000000, 'svc_x', now(), '', '', 200, 1, '', '')"));
}

}  // namespace
}  // namespace gatehouse::db
