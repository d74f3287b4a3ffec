#include "db/vault_log.h"

#include <limits>

#include "base/json.h"

namespace gatehouse::db::vault_log {

// $2: the commit is not waited for, as in access_log.cpp. Of batches only, never of a transaction that saves
// tokens.
constexpr Statement kInsert{"vault_log_insert", R"sql(
  WITH unsynced AS MATERIALIZED (
    SELECT CASE WHEN $2 THEN set_config('synchronous_commit', 'off', true) END)
  INSERT INTO vault_log (user_id, at, action, outcome, actor, client_address, request_id)
  SELECT e.user_id, timestamptz 'epoch' + e.at * interval '1 microsecond', e.action, e.outcome, e.actor,
         e.client_address, e.request_id
    FROM json_to_recordset($1::json) AS e (user_id text, at bigint, action text, outcome text, actor text,
           client_address text, request_id text), unsynced)sql"};

namespace {

std::string to_json(std::span<const Entry> entries) {
  json::Array rows;
  for (const Entry& entry : entries) {
    rows.add(json::Object()
                 .add("user_id", entry.user_id)
                 .add("at", static_cast<std::int64_t>(entry.at.time_since_epoch().count()))
                 .add("action", entry.action)
                 .add("outcome", entry.outcome)
                 .add("actor", entry.actor)
                 .add("client_address", entry.client_address)
                 .add("request_id", entry.request_id));
  }
  return rows.str();
}

}  // namespace

void add(Tx& tx, const Entry& entry) { tx.run(kInsert, to_json({&entry, 1}), false); }
void insert(Connection& db, std::span<const Entry> entries) { db.execute(kInsert, to_json(entries), true); }

constexpr Statement kList{"vault_log_list", R"sql(
  SELECT id, user_id, at, action, outcome, actor, client_address, request_id FROM vault_log
   WHERE user_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3)sql"};

std::vector<Row> list(Connection& db, std::string_view user_id, std::optional<std::int64_t> before_id,
                      int limit) {
  std::vector<Row> result;
  for (const db::Row& row :
       db.read(kList, user_id, before_id.value_or(std::numeric_limits<std::int64_t>::max()), limit)) {
    Row entry;
    entry.id = row.integer("id");
    entry.user_id = row.text("user_id");
    entry.at = row.time("at");
    entry.action = row.text("action");
    entry.outcome = row.text("outcome");
    entry.actor = row.text("actor");
    entry.client_address = row.text("client_address");
    entry.request_id = row.text("request_id");
    result.push_back(std::move(entry));
  }
  return result;
}

constexpr Statement kDeleteOld{"vault_log_delete_old", R"sql(
  SELECT vault_log_delete_before($1, $2) AS count)sql"};

std::int64_t delete_old(Connection& db, Time before, int limit) {
  return db.execute(kDeleteOld, before, limit).front().integer("count");
}

}  // namespace gatehouse::db::vault_log
