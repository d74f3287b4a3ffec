// The statements of the hot routes and of the keeper find their rows through an index. With sequential scans
// made unattractive, one in a plan means that no index fits.
#include <gmock/gmock.h>

#include <regex>

#include "db/outbox.h"
#include "db/revocations.h"
#include "db/services.h"
#include "db/token_families.h"
#include "db/users.h"
#include "db/vault.h"
#include "tests/support/database.h"

namespace gatehouse::db {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class PlansTest : public support::DatabaseTest {
 protected:
  PlansTest() {
    for (Connection* connection : {&worker, &owner}) {
      support::raw(*connection, "SET enable_seqscan = off");
      support::raw(*connection, "SET plan_cache_mode = force_generic_plan");
    }
  }

  // Of a statement that this connection has prepared by running its function.
  std::string plan(const std::string& execute) { return plan(worker, execute); }
  // Of what a function (before timestamptz, most integer) runs, by its own text.
  std::string plan_of_function(const std::string& name) {
    const std::string body = support::raw_text(
        owner,
        "SELECT regexp_replace(regexp_replace(prosrc, '\\mbefore\\M', '$1', 'g'), '\\mmost\\M', '$2', 'g') "
        "AS value FROM pg_proc WHERE proname = '" +
            name + "'");
    support::raw(owner, "PREPARE " + name + " (timestamptz, integer) AS " + body);
    return plan(owner, name + "(now(), 10)");
  }
  // Of what a function runs whose parameters have these names.
  std::string plan_of_lookup(const std::string& name, const std::vector<std::string>& parameters,
                             const std::string& types, const std::string& values) {
    std::string body =
        support::raw_text(owner, "SELECT prosrc AS value FROM pg_proc WHERE proname = '" + name + "'");
    for (std::size_t i = 0; i < parameters.size(); ++i)
      body =
          std::regex_replace(body, std::regex("\\b" + parameters[i] + "\\b"), "$$" + std::to_string(i + 1));
    support::raw(owner, "PREPARE " + name + " (" + types + ") AS " + body);
    return plan(owner, name + "(" + values + ")");
  }
  static std::string explained(Connection& connection, const std::string& execute) {
    std::string text;
    for (const Row& row : support::raw(connection, "EXPLAIN EXECUTE " + execute)) {
      text += row.text("QUERY PLAN") + "\n";
    }
    return text;
  }
  static std::string plan(Connection& connection, const std::string& execute) {
    std::string text = explained(connection, execute);
    EXPECT_THAT(text, AllOf(HasSubstr("Index"), Not(HasSubstr("Seq Scan"))));
    return text;
  }

  const std::string hash = std::string(32, 'h');
};

TEST_F(PlansTest, AServiceIsFoundByIndexes) {
  services::find_by_secret(worker, ServiceId::trusted("svc_unknown00000"), hash, now);
  plan("service_find_by_secret('svc_x', '', now())");
}

TEST_F(PlansTest, TheFeedReadsRevocationsByIndexes) {
  revocations::changes(worker, revocations::seen_before(1), 10);
  EXPECT_THAT(plan("revocation_changes('8:12:8,10', 10)"), HasSubstr("revocations_written_by"));
  revocations::list_after(worker, "", 1);
  EXPECT_THAT(plan("revocation_list_after('', 10)"), HasSubstr("revocations_pkey"));
}

// As after a restore, by two sessions at once: twenty times a second the feed must not read them all. Here
// PostgreSQL may scan where it wants to.
TEST_F(PlansTest, TheFeedReadsNoMoreWhereMostRevocationsWereWrittenAtOnce) {
  support::raw(owner, "SET enable_seqscan = on");
  revocations::changes(owner, revocations::seen_before(1), 10);
  auto one = worker.begin();
  auto another = owner.begin();
  constexpr Statement kRestore{"restore", R"sql(
    INSERT INTO revocations (key, min_version, effective_at, expires_at)
    SELECT 'restored:' || $1 || n, 1, now(), now() + interval '1 day' FROM generate_series(1, 2000) AS n)sql"};
  for (int batch = 0; batch < 20; ++batch) {
    one.run(kRestore, std::to_string(batch) + "a");
    another.run(kRestore, std::to_string(batch) + "b");
  }
  one.commit();
  another.commit();
  support::raw(owner, "ANALYZE revocations");
  for (const auto* mode : {"force_generic_plan", "force_custom_plan"}) {
    support::raw(owner, std::string("SET plan_cache_mode = ") + mode);
    const std::string seen = support::raw_text(owner, "SELECT pg_current_snapshot()::text AS value");
    EXPECT_THAT(explained(owner, "revocation_changes('" + seen + "', 10000)"),
                AllOf(HasSubstr("revocations_written_by"), Not(HasSubstr("Seq Scan on revocations"))));
  }
  support::raw(owner, "DELETE FROM revocations WHERE key LIKE 'restored:%'");
}

TEST_F(PlansTest, AFamilyIsFoundAndRotatedByItsLocator) {
  token_families::find_by_locator(worker, hash, now);
  EXPECT_THAT(plan("token_family_find_by_locator('', now())"),
              AllOf(HasSubstr("token_families_locator_hash_key"), HasSubstr("revocations_pkey")));
  token_families::rotate(worker, {hash, hash, hash, "", now}, now);
  EXPECT_THAT(plan("token_family_rotate('', '', '', '', now(), now())"),
              AllOf(HasSubstr("token_families_locator_hash_key"), HasSubstr("revocations_pkey")));
}

TEST_F(PlansTest, AFamilyIsEndedAndAVaultTokenFoundByTheirNames) {
  auto tx = worker.begin();
  token_families::end(tx, "unknown", now);
  tx.commit();
  EXPECT_THAT(plan("token_family_end('', now())"), HasSubstr("token_families_pkey"));
  vault::find_access_token(worker, "nobody");
  EXPECT_THAT(plan("vault_record_find_access_token('')"), HasSubstr("vault_records_pkey"));
}

TEST_F(PlansTest, OwnersOfUsersAndKeysAreFoundByIndexes) {
  EXPECT_THAT(plan_of_lookup("user_owner", {"of_user"}, "text", "''"), HasSubstr("users_by_id"));
  EXPECT_THAT(plan_of_lookup("tenant_key_owner", {"hash", "at"}, "bytea, timestamptz", "'', now()"),
              HasSubstr("tenant_keys_hash"));
}

TEST_F(PlansTest, AUserIsFoundByIndexes) {
  auto tx = worker.begin();
  const auto nobody = UserId::trusted("usr_unknown00000");
  users::find(tx, tenant, nobody);
  users::find_by_email(tx, tenant, "nobody@example.com");
  users::list(tx, tenant, {now, ""}, 10, 1);
  tx.commit();
  EXPECT_THAT(plan("user_find('t', 'u')"), HasSubstr("users_pkey"));
  users::find(worker, tenant, UserId::trusted("usr_x"));
  EXPECT_THAT(plan("user_find_alone('t', 'u')"), HasSubstr("users_pkey"));
  EXPECT_THAT(plan("user_find_by_email('t', 'e')"), HasSubstr("users_tenant_id_email_key_key"));
  EXPECT_THAT(plan("user_list('t', now(), '', 10, 1)"),
              AllOf(HasSubstr("users_created"), Not(HasSubstr("Sort"))));
}

// A million of them or ten: a check looks at one entry of an index.
TEST_F(PlansTest, ADeveloperTokenIsFoundByItsDigestAndListedInItsOrder) {
  const auto body = [&](const std::string& name) {
    return support::raw_text(owner, "SELECT prosrc AS value FROM pg_proc WHERE proname = '" + name + "'");
  };
  const auto with = [](std::string text, const std::string& name, const std::string& parameter) {
    return std::regex_replace(text, std::regex("\\b" + name + "\\b"), parameter);
  };
  EXPECT_THAT(plan_of_lookup("dev_token_owner", {"hash", "at"}, "bytea, timestamptz", "'', now()"),
              HasSubstr("dev_tokens_hash"));
  auto list = with(with(body("dev_tokens_list"), "of_tenant", "$$1"), "after_time", "$$2");
  list = with(with(list, "after_id", "$$3"), "most", "$$4");
  support::raw(owner, "PREPARE tokens_list (text, timestamptz, text, integer) AS " + list);
  support::raw(owner, "SET enable_bitmapscan = off");  // which an empty table would get
  EXPECT_THAT(plan(owner, "tokens_list('', now(), '', 10)"),
              AllOf(HasSubstr("dev_tokens_created"), Not(HasSubstr("Sort"))));
  support::raw(owner, "PREPARE tokens_newest (integer) AS " + with(body("dev_tokens_newest"), "most", "$$1"));
  EXPECT_THAT(plan(owner, "tokens_newest(10)"),
              AllOf(HasSubstr("Scan Backward using dev_tokens_created"), Not(HasSubstr("Sort"))));
}

// As audit_read plans it, which is anew for the filters that are given.
TEST_F(PlansTest, TheAuditLogIsFilteredThroughIndexesInItsOrder) {
  const std::string body =
      support::raw_text(owner, "SELECT prosrc AS value FROM pg_proc WHERE proname = 'audit_read'");
  const auto select = body.substr(body.find("SELECT"), body.rfind("END") - body.find("SELECT"));
  support::raw(owner, "SET enable_bitmapscan = off");  // which an empty table would get
  support::raw(owner, "SET plan_cache_mode = force_custom_plan");
  const auto last_semicolon = select.rfind(';');
  std::string text = select.substr(0, last_semicolon);
  int number = 0;
  for (const auto* name : {"before_id", "of_actor", "of_action", "of_target", "since", "until", "most"})
    text = std::regex_replace(text, std::regex("\\b" + std::string(name) + "\\b"),
                              "$$" + std::to_string(++number));
  support::raw(owner,
               "PREPARE filtered (text, text, text, text, timestamptz, timestamptz, integer) AS " + text);
  EXPECT_THAT(plan(owner, "filtered(NULL, NULL, NULL, NULL, NULL, NULL, 10)"), Not(HasSubstr("Sort  (")));
  EXPECT_THAT(plan(owner, "filtered('9', 'a', NULL, NULL, NULL, NULL, 10)"),
              AllOf(HasSubstr("Index Cond: ((actor = 'a'"), Not(HasSubstr("Sort  ("))));
  EXPECT_THAT(plan(owner, "filtered('9', NULL, 'a', NULL, NULL, NULL, 10)"),
              AllOf(HasSubstr("Index Cond: ((action = 'a'"), Not(HasSubstr("Sort  ("))));
  EXPECT_THAT(plan(owner, "filtered('9', NULL, NULL, 't', NULL, NULL, 10)"),
              AllOf(HasSubstr("Index Cond: ((target = 't'"), Not(HasSubstr("Sort  ("))));
}

// PostgreSQL then writes it into the page that has the row, and into no index (HOT).
TEST_F(PlansTest, ARotationChangesNothingThatAnIndexHolds) {
  const auto held = [this](const std::string& columns) {
    return support::raw_text(owner,
                             "SELECT count(*)::text AS value FROM pg_index i, pg_attribute a "
                             "WHERE i.indrelid = 'token_families'::regclass AND a.attrelid = i.indrelid "
                             "AND a.attname IN (" +
                                 columns +
                                 ") AND (a.attnum = ANY (i.indkey) "
                                 "OR pg_get_expr(i.indpred, i.indrelid) LIKE '%' || a.attname || '%')");
  };
  EXPECT_EQ(held("'current_hash', 'parent_hash', 'replay', 'rotated_at', 'access_expires_at'"), "0");
  EXPECT_NE(held("'locator_hash'"), "0");
}

TEST_F(PlansTest, TheKeepersBatchesAreFoundByTheirTimes) {
  EXPECT_THAT(plan_of_function("token_families_delete_expired"), HasSubstr("token_families_expiring"));
  EXPECT_THAT(plan_of_function("revocations_delete_expired"), HasSubstr("revocations_expiring"));
  EXPECT_THAT(plan_of_function("service_secrets_delete_expired"), HasSubstr("service_secrets_expiring"));
  EXPECT_THAT(plan_of_function("tenant_keys_delete_expired"), HasSubstr("tenant_keys_expiring"));
  EXPECT_THAT(plan_of_function("login_attempts_delete_expired"), HasSubstr("login_attempts_started"));
  EXPECT_THAT(plan_of_function("coze_answers_delete_expired"), HasSubstr("coze_answers_leased"));
  EXPECT_THAT(plan_of_function("line_events_delete_before"), HasSubstr("line_events_seen"));
  EXPECT_THAT(plan_of_function("vault_log_delete_before"), HasSubstr("vault_log_ending"));
  EXPECT_THAT(plan_of_function("vault_records_delete_unusable"), HasSubstr("vault_records_unusable"));
  outbox::take_due(worker, {"x"}, from_unix_seconds(0), from_unix_seconds(0), 1);
  EXPECT_THAT(plan("outbox_take_due(now(), now(), 10, '[]')"), HasSubstr("outbox_due"));
}

}  // namespace
}  // namespace gatehouse::db
