#include "db/outbox.h"

#include "base/json.h"

namespace gatehouse::db::outbox {

constexpr Statement kInsert{"outbox_insert", R"sql(
  INSERT INTO outbox (message_id, kind, sealed, created_at, due_at, deadline) VALUES ($1, $2, $3, $4, $4, $5))sql"};

void insert(Connection& db, const Message& message) {
  db.execute(kInsert, message.id, message.kind, Bytes{message.sealed}, message.created_at, message.deadline);
}
void insert(Tx& tx, const Message& message) {
  tx.run(kInsert, message.id, message.kind, Bytes{message.sealed}, message.created_at, message.deadline);
}

constexpr Statement kTakeDue{"outbox_take_due", R"sql(
  UPDATE outbox SET due_at = $2, attempts = attempts + 1 WHERE message_id IN (
    SELECT message_id FROM outbox WHERE due_at <= $1 AND kind IN (SELECT json_array_elements_text($4::json))
     ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
  RETURNING message_id, kind, sealed, created_at, deadline, attempts)sql"};

std::vector<Message> take_due(Connection& db, const std::vector<std::string>& kinds, Time now, Time again_at,
                              int limit) {
  json::Array wanted;
  for (const auto& kind : kinds) wanted.add(kind);
  std::vector<Message> messages;
  for (const Row& row : db.execute(kTakeDue, now, again_at, limit, wanted.str())) {
    messages.push_back({row.text("message_id"), row.text("kind"), row.bytes("sealed"), row.time("created_at"),
                        row.time("deadline"), static_cast<int>(row.integer("attempts"))});
  }
  return messages;
}

constexpr Statement kRemove{"outbox_delete", R"sql(
  DELETE FROM outbox WHERE message_id = $1)sql"};

void remove(Connection& db, std::string_view id) { db.execute(kRemove, id); }

constexpr Statement kPostpone{"outbox_postpone", R"sql(
  UPDATE outbox SET due_at = $2 WHERE message_id = $1)sql"};

void postpone(Connection& db, std::string_view id, Time due_at) { db.execute(kPostpone, id, due_at); }

constexpr Statement kDeleteExpired{"outbox_delete_expired", R"sql(
  DELETE FROM outbox WHERE message_id IN (
    SELECT message_id FROM outbox WHERE deadline <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED))sql"};

std::int64_t delete_expired(Connection& db, Time before, int limit) {
  return db.execute(kDeleteExpired, before, limit).affected();
}

}  // namespace gatehouse::db::outbox
