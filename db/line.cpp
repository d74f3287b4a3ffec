#include "db/line.h"

#include "base/json.h"

namespace gatehouse::db::line {

constexpr Statement kTakeEvents{"line_event_take", R"sql(
  INSERT INTO line_events (event_id, seen_at)
  SELECT DISTINCT e.event_id, $2::timestamptz FROM json_array_elements_text($1::json) AS e (event_id)
   ORDER BY e.event_id
  ON CONFLICT (event_id) DO NOTHING
  RETURNING event_id)sql"};

std::vector<std::string> take_events(Connection& db, const std::vector<std::string>& event_ids, Time now) {
  json::Array ids;
  for (const auto& id : event_ids) ids.add(id);
  std::vector<std::string> taken;
  for (const Row& row : db.execute(kTakeEvents, ids.str(), now)) taken.push_back(row.text("event_id"));
  return taken;
}

constexpr Statement kDeleteEvents{"line_event_delete", R"sql(
  SELECT line_events_delete_before($1, $2) AS removed)sql"};

std::int64_t delete_events(Connection& db, Time seen_before, int limit) {
  return db.execute(kDeleteEvents, seen_before, limit).front().integer("removed");
}

constexpr Statement kLanguage{"line_language_find", R"sql(
  SELECT language FROM line_languages WHERE line_user_id = $1)sql"};

std::optional<std::string> language(Connection& db, std::string_view line_user_id) {
  const auto rows = db.read(kLanguage, line_user_id);
  if (rows.empty()) return std::nullopt;
  return rows.front().text("language");
}

constexpr Statement kSetLanguage{"line_language_set", R"sql(
  INSERT INTO line_languages (line_user_id, language) VALUES ($1, $2)
  ON CONFLICT (line_user_id) DO UPDATE SET language = $2 WHERE line_languages.language <> $2)sql"};

bool set_language(Tx& tx, std::string_view line_user_id, std::string_view language) {
  return tx.run(kSetLanguage, line_user_id, language).affected() > 0;
}

}  // namespace gatehouse::db::line
