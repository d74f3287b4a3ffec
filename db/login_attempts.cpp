#include "db/login_attempts.h"

namespace gatehouse::db::login_attempts {

constexpr Statement kTake{"login_attempt_take", R"sql(
  SELECT login_attempt_take($1, $2, $3, $4, make_interval(secs => $5), $6, $7) AS again_at)sql"};

std::optional<Time> take(Connection& db, const Attempt& attempt, const Limits& limits) {
  const auto rows =
      db.execute(kTake, attempt.tenant.str(), attempt.address, Bytes{attempt.account}, attempt.at,
                 static_cast<std::int64_t>(limits.window.count()), limits.per_account, limits.per_address);
  return rows.front().nullable(&Row::time, "again_at");
}

constexpr Statement kGiveBack{"login_attempt_give_back", R"sql(
  SELECT login_attempt_give_back($1, $2, $3, $4))sql"};

void give_back(Connection& db, const Attempt& attempt) {
  db.execute(kGiveBack, attempt.tenant.str(), attempt.address, Bytes{attempt.account}, attempt.at);
}

constexpr Statement kDeleteSome{"login_attempt_delete_some", R"sql(
  DELETE FROM login_attempts WHERE (tenant_id, address, account) IN (
    SELECT tenant_id, address, account FROM login_attempts WHERE tenant_id = $1
     LIMIT $2 FOR UPDATE SKIP LOCKED))sql"};

std::int64_t delete_some(Tx& tx, const TenantId& tenant, int limit) {
  tx.as_tenant(tenant);
  return tx.run(kDeleteSome, tenant.str(), limit).affected();
}

constexpr Statement kDeleteExpired{"login_attempt_delete_expired", R"sql(
  SELECT login_attempts_delete_expired($1, $2) AS count)sql"};

std::int64_t delete_expired(Connection& db, Time started_before, int limit) {
  return db.execute(kDeleteExpired, started_before, limit).front().integer("count");
}

}  // namespace gatehouse::db::login_attempts
