#include "db/coze_answers.h"

namespace gatehouse::db::coze_answers {

constexpr Statement kFind{"coze_answer_find", R"sql(
  SELECT sealed, good_until, calls, lease IS NOT NULL AND leased_until > $2 AS leased
    FROM coze_answers WHERE answer_id = $1)sql"};

std::optional<Row> find(Connection& db, std::string_view answer_id, Time now) {
  const auto rows = db.read(kFind, answer_id, now);
  if (rows.empty()) return std::nullopt;
  const db::Row row = rows.front();
  return Row{row.nullable(&db::Row::bytes, "sealed"), row.nullable(&db::Row::time, "good_until"),
             row.integer("calls"), row.boolean("leased")};
}

constexpr Statement kTakeLease{"coze_answer_take_lease", R"sql(
  INSERT INTO coze_answers AS a (answer_id, lease, leased_until) VALUES ($1, $2, $4)
  ON CONFLICT (answer_id) DO UPDATE SET lease = $2, leased_until = $4
   WHERE (a.lease IS NULL OR a.leased_until <= $3) AND (a.good_until IS NULL OR a.good_until <= $3))sql"};

bool take_lease(Connection& db, std::string_view answer_id, std::string_view lease, Time now, Time until) {
  return db.execute(kTakeLease, answer_id, lease, now, until).affected() > 0;
}

constexpr Statement kStore{"coze_answer_store", R"sql(
  UPDATE coze_answers SET sealed = $3, good_until = $4, calls = calls + 1, lease = NULL, leased_until = $5
   WHERE answer_id = $1 AND lease = $2)sql"};

void store(Connection& db, std::string_view answer_id, std::string_view lease, std::string_view sealed,
           std::optional<Time> good_until, Time now) {
  db.execute(kStore, answer_id, lease, Bytes{sealed}, good_until, now);
}

constexpr Statement kDeleteExpired{"coze_answer_delete_expired", R"sql(
  SELECT coze_answers_delete_expired($1, $2) AS removed)sql"};

std::int64_t delete_expired(Connection& db, Time before, int limit) {
  return db.execute(kDeleteExpired, before, limit).front().integer("removed");
}

}  // namespace gatehouse::db::coze_answers
