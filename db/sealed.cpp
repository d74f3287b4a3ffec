#include "db/sealed.h"

namespace gatehouse::db::sealed {

// A sealed value has its key's id after a version byte and the id's length. A statement's text is a constant,
// so each column has its own; PLACE is what it was sealed for, as its flow says.
// NOLINTNEXTLINE(cppcoreguidelines-macro-usage): names and texts are put together before the program runs
// clang-format off
#define GATEHOUSE_SEALED(TABLE, COLUMN, ID, PLACE)                                                                    \
  Column {                                                                                                            \
    #TABLE, #COLUMN,                                                                                                  \
    {"sealed_count_" #TABLE "_" #COLUMN,                                                                              \
     "SELECT convert_from(substr(" #COLUMN ", 3, get_byte(" #COLUMN ", 1)), 'UTF8') AS key_id, count(*) AS count "    \
     "FROM " #TABLE " WHERE " #COLUMN " IS NOT NULL GROUP BY 1 ORDER BY 1"},                                          \
    {"sealed_batch_" #TABLE "_" #COLUMN,                                                                              \
     "SELECT " #ID " AS row_id, " PLACE " AS place, " #COLUMN " AS sealed FROM " #TABLE " WHERE " #ID " > $1 AND "    \
     #COLUMN " IS NOT NULL AND substr(" #COLUMN ", 3, get_byte(" #COLUMN ", 1)) <> convert_to($2, 'UTF8') "           \
     "ORDER BY " #ID " LIMIT $3"},                                                                                    \
    {"sealed_update_" #TABLE "_" #COLUMN,                                                                             \
     "UPDATE " #TABLE " SET " #COLUMN " = $3 WHERE " #ID " = $1 AND " #COLUMN " = $2"}                                \
  }
// clang-format on

std::vector<Column> columns() {
  return {
      GATEHOUSE_SEALED(vault_records, access_sealed, user_id, "'vault_records.access_sealed.' || user_id"),
      GATEHOUSE_SEALED(vault_records, refresh_sealed, user_id, "'vault_records.refresh_sealed.' || user_id"),
      GATEHOUSE_SEALED(vault_records, previous_sealed, user_id,
                       "'vault_records.previous_sealed.' || user_id"),
      GATEHOUSE_SEALED(vault_records, rescued_sealed, user_id, "'vault_records.rescued_sealed.' || user_id"),
      GATEHOUSE_SEALED(signing_keys, private_sealed, kid, "'signing_keys.private_sealed.' || kid"),
      GATEHOUSE_SEALED(dev_tokens, sealed, token_id, "'dev_tokens.sealed:' || tenant_id || ':' || token_id"),
      GATEHOUSE_SEALED(coze_answers, sealed, answer_id, "'coze_answers.sealed:' || answer_id"),
      GATEHOUSE_SEALED(outbox, sealed, message_id, "'outbox.sealed:' || message_id"),
  };
}

#undef GATEHOUSE_SEALED

std::vector<Use> uses(Connection& db, const Column& column) {
  std::vector<Use> result;
  for (const Row& row : db.read(column.count)) result.push_back({row.text("key_id"), row.integer("count")});
  return result;
}

std::vector<Value> not_under(Connection& db, const Column& column, std::string_view after,
                             std::string_view key_id, int limit) {
  std::vector<Value> result;
  for (const Row& row : db.read(column.batch, after, key_id, limit)) {
    result.push_back({row.text("row_id"), row.text("place"), row.bytes("sealed")});
  }
  return result;
}

bool replace(Connection& db, const Column& column, const Value& before, std::string_view sealed) {
  return db.execute(column.update, before.row_id, Bytes{before.sealed}, Bytes{sealed}).affected() == 1;
}

constexpr Statement kFindFingerprint{"seal_key_find", R"sql(
  SELECT fingerprint FROM seal_keys WHERE key_id = $1)sql"};

std::optional<std::string> find_fingerprint(Connection& db, std::string_view key_id) {
  const Rows rows = db.read(kFindFingerprint, key_id);
  if (rows.empty()) return std::nullopt;
  return rows.front().bytes("fingerprint");
}

constexpr Statement kAddFingerprint{"seal_key_insert", R"sql(
  INSERT INTO seal_keys (key_id, fingerprint, seen_at) VALUES ($1, $2, $3) ON CONFLICT (key_id) DO NOTHING)sql"};

void add_fingerprint(Connection& db, std::string_view key_id, std::string_view fingerprint, Time now) {
  db.execute(kAddFingerprint, key_id, Bytes{fingerprint}, now);
}

}  // namespace gatehouse::db::sealed
