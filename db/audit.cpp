#include "db/audit.h"

namespace gatehouse::db::audit {

// The id grows with time; the random end keeps two of the same microsecond apart.
constexpr Statement kInsert{"audit_insert", R"sql(
  INSERT INTO audit_log (tenant_id, at, id, actor, action, target, client_address, request_id, detail)
  VALUES ($1, $2,
          to_char($2::timestamptz AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS') || '-' ||
            left(gen_random_uuid()::text, 8),
          $3, $4, $5, $6, $7, $8))sql"};

void record(Tx& tx, const Entry& entry) {
  tx.as_tenant(entry.tenant);
  tx.run(kInsert, entry.tenant.str(), entry.at, entry.actor, entry.action, entry.target, entry.client_address,
         entry.request_id, entry.detail);
}

constexpr Statement kList{"audit_list", R"sql(
  SELECT id, at, tenant_id, actor, action, target, client_address, request_id, detail
    FROM audit_read($1, $2, $3, $4, $5, $6, $7))sql"};

std::vector<Row> list(Connection& db, const Filter& filter, int limit) {
  std::vector<Row> rows;
  for (const db::Row& row : db.read(kList, filter.before_id, filter.actor, filter.action, filter.target,
                                    filter.since, filter.until, limit)) {
    rows.push_back(
        {{TenantId::trusted(row.text("tenant_id")), row.time("at"), row.text("actor"), row.text("action"),
          row.text("target"), row.text("client_address"), row.text("request_id"), row.text("detail")},
         row.text("id")});
  }
  return rows;
}

constexpr Statement kMakePartitions{"audit_partitions_make", R"sql(
  SELECT audit_partitions_make($1, $2) AS count)sql"};

std::int64_t make_partitions(Connection& db, Time now, int months) {
  return db.execute(kMakePartitions, now, months).front().integer("count");
}

constexpr Statement kDropPartitions{"audit_partitions_drop", R"sql(
  SELECT audit_partitions_drop($1) AS count)sql"};

std::int64_t drop_partitions(Connection& db, Time before) {
  return db.execute(kDropPartitions, before).front().integer("count");
}

}  // namespace gatehouse::db::audit
