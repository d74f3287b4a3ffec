#include "handlers/services.h"

#include <limits>
#include <utility>

#include "base/error.h"
#include "db/access_log.h"
#include "db/services.h"
#include "flows/client_credentials.h"
#include "flows/housekeeping.h"
#include "flows/live_token.h"
#include "flows/scopes.h"
#include "flows/services.h"
#include "flows/statistics.h"
#include "handlers/body.h"
#include "handlers/page.h"
#include "handlers/query.h"

namespace gatehouse::handlers::services {

namespace {

constexpr std::size_t kLongestCredential = 128;
constexpr std::size_t kLongestScope = 64;
// Beyond it skipping costs too much; the cursor skips nothing.
constexpr int kLargestOffset = 100'000;
constexpr Seconds kDefaultSince{86400};
// What one call of cleanup-tokens does for each kind: about a second's work at most.
constexpr int kBatchesPerCall = 20;

// An id that cannot exist is as unknown as one that does not.
ServiceId known_form(std::string_view text) {
  const auto id = ServiceId::parse(text);
  if (!id) throw Error(Errc::not_found, "Client not found");
  return *id;
}

struct ScopeChange {
  ServiceId id;
  std::string scope;
};
ScopeChange scope_change(const fcgi::Request& request) {
  const Body body = Body::json(request);
  const std::string id = body.text("client_id", kLongestCredential);
  std::string scope = body.text("scope_name", kLongestScope);
  return {known_form(id), std::move(scope)};
}

fcgi::Response said(const char* message) { return fcgi::json(200, json::Object().add("message", message)); }

json::Object described(const db::services::ServiceRow& row) {
  return json::Object()
      .add("client_id", row.id.str())
      .add("service_name", row.name)
      .add("description", row.description)
      .add("created_at", to_rfc3339(row.created_at));
}

json::Object described_for_admins(const db::services::ServiceWithScopes& row) {
  return described(row).add("scopes", row.scopes).add("disabled", row.disabled_at.has_value());
}

fcgi::Response listed(const fcgi::Request& request, Services& services,
                      json::Object (*describe)(const db::services::ServiceWithScopes&)) {
  const Query query(request);
  const int limit = query.limit();
  const auto cursor = query.text("cursor");
  if (cursor && !ServiceId::parse(*cursor)) refuse_cursor();
  const auto rows = db::services::list(services.db, cursor.value_or(""), limit + 1);
  Page page(limit);
  const auto* last = page.fill(rows, describe);
  json::Object answer;
  answer.add("services", page.rows());
  if (last != nullptr) answer.add("next_cursor", last->id.str());
  return fcgi::json(200, answer);
}

json::Object described(const db::access_log::Row& row) {
  return json::Object()
      .add("id", row.id)
      .add("client_id", row.client_id)
      .add("endpoint", row.endpoint)
      .add("method", row.method)
      .add("status_code", row.status_code)
      .add("response_time_ms", row.response_time_ms)
      .add("ip_address", row.ip_address)
      .add("user_agent", row.user_agent)
      .add("created_at", to_rfc3339(row.created_at));
}

// 98, not 98.0, where it is a whole number.
void add_number(json::Object& object, std::string_view name, double value) {
  const auto whole = static_cast<std::int64_t>(value);
  if (static_cast<double>(whole) == value) {
    object.add(name, whole);
  } else {
    object.add(name, value);
  }
}

}  // namespace

// POST /v1/internal/services/register -> 201. The secret is in this answer and nowhere else, ever.
fcgi::Response enroll(const fcgi::Request& request, Services& services) {
  const Body body = Body::json(request);
  const std::string name = body.text("service_name", flows::kLongestServiceName);
  const std::string description =
      body.optional_text("description", flows::kLongestServiceDescription).value_or("");
  const Time now = services.clock.now();
  const auto made = flows::register_service(services.db, actor_of(request), name, description, now);
  return fcgi::no_store(fcgi::json(
      201, json::Object()
               .add("client_id", made.id.str())
               .add("client_secret", made.secret.reveal())
               .add("service_name", name)
               .add("description", description)
               .add("created_at", to_rfc3339(now))
               .add("message", "Service registered successfully")
               .add("warning", "Please save the client_secret securely. It will not be shown again.")));
}

// POST /v1/internal/services/authenticate -> 200. As /oauth/token, with a JSON body.
fcgi::Response sign_in(const fcgi::Request& request, Services& services) {
  const Body body = Body::json(request);
  const std::string id = body.text("client_id", kLongestCredential);
  const std::string secret = body.text("client_secret", kLongestCredential);
  const Time now = services.clock.now();
  const auto client = services.credentials.client(services.db, id, secret, now);
  const auto issued = flows::issue_service_token(token_keys(services), client, std::nullopt, now);
  return fcgi::no_store(
      fcgi::json(200, json::Object()
                          .add("access_token", issued.access_token)
                          .add("token_type", "Bearer")
                          .add("expires_in", static_cast<std::int64_t>(issued.expires_in.count()))
                          .add("scopes", issued.scopes)));
}

// POST /v1/internal/services/validate-token -> 200, also for a bad token.
fcgi::Response validate_token(const fcgi::Request& request, Services& services) {
  const std::string token = Body::json(request).text("token", kLongestToken);
  const auto claims = flows::live_claims(services.revocations, token_keys(services, token),
                                         flows::Kind::service, token, services.clock.now());
  if (!claims) return fcgi::no_store(fcgi::json(200, json::Object().add("valid", false)));
  return fcgi::no_store(fcgi::json(200, json::Object()
                                            .add("valid", true)
                                            .add("client_id", claims->subject)
                                            .add("scopes", flows::split_scope(claims->scope))
                                            .add("exp", claims->expires_at)));
}

// POST /v1/internal/services/grant-scope -> 200, also where the service had the scope already.
fcgi::Response grant_scope(const fcgi::Request& request, Services& services) {
  const auto change = scope_change(request);
  flows::grant_scope(services.db, actor_of(request), change.id, change.scope, services.clock.now());
  return said("Scope granted successfully");
}

// POST /v1/internal/services/revoke-scope -> 200, also where the service did not have the scope.
fcgi::Response revoke_scope(const fcgi::Request& request, Services& services) {
  const auto change = scope_change(request);
  flows::revoke_scope(services.db, actor_of(request), change.id, change.scope, services.clock.now());
  return said("Scope revoked successfully");
}

// POST /v1/internal/services/check-permission -> 200. What is granted now, not what some token says.
fcgi::Response check_permission(const fcgi::Request& request, Services& services) {
  const auto asked = scope_change(request);
  flows::require_scope_exists(asked.scope);
  const bool granted = db::services::has_scope(services.db, asked.id, asked.scope);
  if (!granted) flows::require_service(services.db, asked.id);
  return fcgi::json(200, json::Object().add("has_permission", granted));
}

// GET /v1/internal/services -> 200, in pages.
fcgi::Response list(const fcgi::Request& request, Services& services) {
  return listed(request, services, [](const db::services::ServiceWithScopes& row) { return described(row); });
}

fcgi::Response list_for_admins(const fcgi::Request& request, Services& services) {
  return listed(request, services, described_for_admins);
}

// GET /v1/internal/services/{client_id}/logs -> 200, an array as the seed shows it, the newest first; the
// next page is in the Link header.
fcgi::Response logs(const fcgi::Request& request, Services& services) {
  const Query query(request);
  const int limit = query.limit();
  db::access_log::Page wanted;
  wanted.before_id = query.integer("cursor", 1, std::numeric_limits<std::int64_t>::max());
  wanted.limit = limit + 1;
  wanted.offset = static_cast<int>(query.integer("offset", 0, kLargestOffset).value_or(0));
  const ServiceId id = known_form(request.path_parameter("client_id"));
  flows::require_service(services.db, id);

  const auto rows = db::access_log::list(services.db, id, wanted);
  Page page(limit);
  const auto* last = page.fill(rows, [](const auto& row) { return described(row); });
  fcgi::Response response;
  response.body = page.rows().str();
  if (last != nullptr) {
    response.set_default("Link", "</v1/internal/services/" + id.str() +
                                     "/logs?limit=" + std::to_string(limit) +
                                     "&cursor=" + std::to_string(last->id) + ">; rel=\"next\"");
  }
  return response;
}

// GET /v1/internal/services/{client_id}/statistics -> 200. `since` is where the sums begin: the minute or
// hour that the asked time lies in.
fcgi::Response statistics(const fcgi::Request& request, Services& services) {
  const Time now = services.clock.now();
  const Time since = Query(request).time("since", now).value_or(now - kDefaultSince);
  const ServiceId id = known_form(request.path_parameter("client_id"));
  const auto found = flows::statistics(services.db, id, since, now);
  json::Object answer;
  answer.add("client_id", id.str())
      .add("since", to_rfc3339(found.since))
      .add("total_requests", found.total_requests);
  add_number(answer, "avg_response_time", found.avg_response_time);
  answer.add("error_count", found.error_count);
  add_number(answer, "success_rate", found.success_rate);
  return fcgi::json(200, answer);
}

// POST /v1/internal/services/cleanup-tokens -> 200. What the keeper does anyway, now, and within bounds.
fcgi::Response clean_up(const fcgi::Request& request, Services& services) {
  const Time now = services.clock.now();
  const auto cleaned = flows::clean_tokens_by(services.db, actor_of(request), now, kBatchesPerCall);
  json::Object removed;
  for (const auto& kind : cleaned.kinds) removed.add(kind.name, kind.count);
  return fcgi::json(200, json::Object()
                             .add("message", "Expired tokens cleaned up successfully")
                             .add("removed", removed)
                             .add("complete", cleaned.complete));
}

}  // namespace gatehouse::handlers::services
