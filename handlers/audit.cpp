#include "handlers/audit.h"

#include "base/json.h"
#include "db/audit.h"
#include "handlers/page.h"
#include "handlers/query.h"

namespace gatehouse::handlers::audit {

namespace {

// The time in digits, a hyphen, eight hexadecimal digits: db/audit.cpp.
bool is_entry_id(std::string_view text) {
  return text.size() == 29 && text[20] == '-' &&
         text.find_first_not_of("0123456789abcdef-") == std::string_view::npos;
}

db::audit::Filter filter_of(const Query& query, Time now) {
  db::audit::Filter filter;
  filter.before_id = query.text("cursor");
  if (filter.before_id && !is_entry_id(*filter.before_id)) refuse_cursor();
  filter.actor = query.text("actor");
  filter.action = query.text("action");
  filter.target = query.text("target");
  filter.since = query.time("since", now);
  filter.until = query.time("until", now);
  return filter;
}

json::Object described(const db::audit::Row& row) {
  return json::Object()
      .add("id", row.id)
      .add("created_at", to_rfc3339(row.at))
      .add("tenant_id", row.tenant.str())
      .add("actor", row.actor)
      .add("action", row.action)
      .add("target", row.target)
      .add("ip_address", row.client_address)
      .add("request_id", row.request_id)
      .add_json("detail", row.detail);
}

}  // namespace

// GET /v1/internal/audit -> 200, the newest first, in pages.
fcgi::Response list(const fcgi::Request& request, Services& services) {
  const Query query(request);
  const int limit = query.limit();
  const auto rows = db::audit::list(services.db, filter_of(query, services.clock.now()), limit + 1);
  Page page(limit);
  const auto* last = page.fill(rows, [](const auto& row) { return described(row); });
  json::Object answer;
  answer.add("entries", page.rows());
  if (last != nullptr) answer.add("next_cursor", last->id);
  return fcgi::json(200, answer);
}

}  // namespace gatehouse::handlers::audit
