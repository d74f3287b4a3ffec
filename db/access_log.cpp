#include "db/access_log.h"

#include <limits>
#include <string_view>

#include "base/json.h"

namespace gatehouse::db::access_log {

namespace {

// One JSON array for any number of rows: text that is no UTF-8, which a header may be, is mended by it.
std::string to_json(std::span<const Entry> entries) {
  json::Array rows;
  for (const Entry& entry : entries) {
    rows.add(json::Object()
                 .add("client_id", entry.client_id)
                 .add("at", static_cast<std::int64_t>(entry.created_at.time_since_epoch().count()))
                 .add("endpoint", entry.endpoint)
                 .add("method", entry.method)
                 .add("status_code", entry.status_code)
                 .add("response_time_ms", entry.response_time_ms)
                 .add("ip_address", entry.ip_address)
                 .add("user_agent", entry.user_agent));
  }
  return rows.str();
}

Row to_row(const db::Row& row, const ServiceId& client) {
  Row result;
  result.client_id = client.str();
  result.endpoint = row.text("endpoint");
  result.method = row.text("method");
  result.status_code = static_cast<int>(row.integer("status_code"));
  result.response_time_ms = row.integer("response_time_ms");
  result.ip_address = row.text("ip_address");
  result.user_agent = row.text("user_agent");
  result.created_at = row.time("created_at");
  result.id = row.integer("id");
  return result;
}

const char* name_of(Grain grain) { return grain == Grain::minute ? "minute" : "hour"; }

}  // namespace

// The rows of access_sums are locked in the order of their key, so that no two batches wait for each other.
// The commit is not waited for: a worker has others to answer, and what was only in its memory a moment ago
// may be lost with PostgreSQL, too.
constexpr Statement kInsert{"access_log_insert", R"sql(
  WITH unsynced AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true)),
  entries AS (
    SELECT e.client_id, timestamptz 'epoch' + e.at * interval '1 microsecond' AS created_at, e.endpoint, e.method,
           e.status_code, e.response_time_ms, e.ip_address, e.user_agent
      FROM json_to_recordset($1::json) AS e (client_id text, at bigint, endpoint text, method text,
             status_code integer, response_time_ms integer, ip_address text, user_agent text), unsynced),
  logged AS (
    INSERT INTO access_log (client_id, created_at, endpoint, method, status_code, response_time_ms, ip_address,
                            user_agent)
    SELECT client_id, created_at, endpoint, method, status_code, response_time_ms, ip_address, user_agent
      FROM entries ORDER BY created_at)
  INSERT INTO access_sums AS s (client_id, grain, starts_at, writer, requests, errors, milliseconds)
  SELECT client_id, grain, date_trunc(grain, created_at, 'UTC') AS starts_at, pg_backend_pid() % 8, count(*),
         count(*) FILTER (WHERE status_code >= 400), sum(response_time_ms)
    FROM entries CROSS JOIN (VALUES ('minute'), ('hour')) AS grains (grain)
   GROUP BY client_id, grain, starts_at
   ORDER BY client_id, grain, starts_at
  ON CONFLICT (client_id, grain, starts_at, writer) DO UPDATE
    SET requests = s.requests + excluded.requests, errors = s.errors + excluded.errors,
        milliseconds = s.milliseconds + excluded.milliseconds)sql"};

void insert(Connection& db, std::span<const Entry> entries) { db.execute(kInsert, to_json(entries)); }

constexpr Statement kList{"access_log_list", R"sql(
  SELECT id, created_at, endpoint, method, status_code, response_time_ms, ip_address, user_agent
    FROM access_log WHERE client_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3 OFFSET $4)sql"};

std::vector<Row> list(Connection& db, const ServiceId& client, const Page& page) {
  const std::int64_t before = page.before_id.value_or(std::numeric_limits<std::int64_t>::max());
  std::vector<Row> rows;
  for (const db::Row& row : db.read(kList, client.str(), before, page.limit, page.offset)) {
    rows.push_back(to_row(row, client));
  }
  return rows;
}

constexpr Statement kSum{"access_sum_since", R"sql(
  SELECT coalesce(sum(requests), 0)::bigint AS requests, coalesce(sum(errors), 0)::bigint AS errors,
         coalesce(sum(milliseconds), 0)::bigint AS milliseconds
    FROM (SELECT requests, errors, milliseconds FROM access_sums
           WHERE client_id = $1 AND grain = 'minute' AND starts_at >= $2 AND starts_at < $3
          UNION ALL
          SELECT requests, errors, milliseconds FROM access_sums
           WHERE client_id = $1 AND grain = 'hour' AND starts_at >= $3) AS parts)sql"};

Sums sum(Connection& db, const ServiceId& client, Time from, Time hours_from) {
  const db::Row row = db.read(kSum, client.str(), from, hours_from).front();
  return {row.integer("requests"), row.integer("errors"), row.integer("milliseconds")};
}

constexpr Statement kDeleteSums{"access_sum_delete_before", R"sql(
  SELECT access_sums_delete_before($1, $2, $3) AS count)sql"};

std::int64_t delete_sums(Connection& db, Grain grain, Time before, int limit) {
  return db.execute(kDeleteSums, name_of(grain), before, limit).front().integer("count");
}

constexpr Statement kMakePartitions{"access_log_partitions_make", R"sql(
  SELECT access_log_partitions_make($1, $2) AS count)sql"};

std::int64_t make_partitions(Connection& db, Time now, int weeks) {
  return db.execute(kMakePartitions, now, weeks).front().integer("count");
}

constexpr Statement kDropPartition{"access_log_partitions_drop", R"sql(
  SELECT access_log_partitions_drop($1) AS count)sql"};

bool drop_partition(Connection& db, Time before) {
  return db.execute(kDropPartition, before).front().integer("count") > 0;
}

}  // namespace gatehouse::db::access_log
