#include "db/coze_answers.h"

namespace gatehouse::db::coze_answers {

constexpr Statement kFind{"coze_answer_find", R"sql(
  SELECT a.sealed, a.good_until, coalesce(a.calls, 0) AS calls,
         coalesce(l.lease IS NOT NULL AND l.leased_until > $3, false) AS leased
    FROM (SELECT 1) AS one
    LEFT JOIN coze_answers a ON a.answer_id = $1
    LEFT JOIN coze_answers l ON l.answer_id = $2)sql"};

Row find(Connection& db, std::string_view answer_id, std::string_view key_id, Time now) {
  const db::Row row = db.read(kFind, answer_id, key_id, now).front();
  return Row{row.nullable(&db::Row::bytes, "sealed"), row.nullable(&db::Row::time, "good_until"),
             row.integer("calls"), row.boolean("leased")};
}

constexpr Statement kTakeLease{"coze_answer_take_lease", R"sql(
  INSERT INTO coze_answers AS a (answer_id, lease, leased_until) VALUES ($1, $2, $4)
  ON CONFLICT (answer_id) DO UPDATE SET lease = $2, leased_until = $4
   WHERE a.lease IS NULL OR a.leased_until <= $3)sql"};

bool take_lease(Connection& db, std::string_view key_id, std::string_view lease, Time now, Time until) {
  return db.execute(kTakeLease, key_id, lease, now, until).affected() > 0;
}

constexpr Statement kEndLease{"coze_answer_end_lease", R"sql(
  UPDATE coze_answers SET lease = NULL, leased_until = $3 WHERE answer_id = $1 AND lease = $2)sql"};

void end_lease(Connection& db, std::string_view key_id, std::string_view lease, Time now) {
  db.execute(kEndLease, key_id, lease, now);
}

constexpr Statement kStore{"coze_answer_store", R"sql(
  WITH mine AS (
    UPDATE coze_answers SET lease = NULL, leased_until = $6 WHERE answer_id = $2 AND lease = $3 RETURNING 1)
  INSERT INTO coze_answers AS a (answer_id, sealed, good_until, calls, leased_until)
  SELECT $1::text, $4::bytea, $5::timestamptz, 1, $6::timestamptz FROM mine
  ON CONFLICT (answer_id) DO UPDATE SET sealed = excluded.sealed, good_until = excluded.good_until,
                                        calls = a.calls + 1, leased_until = excluded.leased_until)sql"};

void store(Connection& db, const Lease& held, std::string_view answer_id, std::string_view sealed,
           std::optional<Time> good_until, Time now) {
  db.execute(kStore, answer_id, held.key_id, held.lease, Bytes{sealed}, good_until, now);
}

constexpr Statement kDeleteExpired{"coze_answer_delete_expired", R"sql(
  SELECT coze_answers_delete_expired($1, $2) AS removed)sql"};

std::int64_t delete_expired(Connection& db, Time before, int limit) {
  return db.execute(kDeleteExpired, before, limit).front().integer("removed");
}

}  // namespace gatehouse::db::coze_answers
