#include "handlers/internal.h"

#include "base/error.h"
#include "db/tenants.h"
#include "db/users.h"
#include "flows/tenants.h"
#include "flows/token_pair.h"
#include "flows/user_tokens.h"
#include "flows/users.h"
#include "handlers/body.h"
#include "handlers/page.h"
#include "handlers/query.h"
#include "handlers/tokens.h"
#include "handlers/users.h"

namespace gatehouse::handlers::internal {

namespace {

constexpr std::size_t kLongestId = 64;

// One that is there.
TenantId tenant_known(Services& services, std::string_view text) {
  TenantId id = flows::tenant_named(text);
  auto tx = services.db.begin();
  flows::require_tenant(tx, id);
  return id;
}

json::Object described(const db::tenants::TenantRow& tenant) {
  return json::Object()
      .add("id", tenant.id.str())
      .add("name", tenant.name)
      .add("created_at", to_rfc3339(tenant.created_at));
}

}  // namespace

// GET /api/internal/users?tenant_id= -> 200, as GET /v1/users shows them.
fcgi::Response list_users(const fcgi::Request& request, Services& services) {
  const auto tenant = Query(request).text("tenant_id");
  if (!tenant) throw Error(Errc::invalid_request, R"("tenant_id" is required)");
  return users::listed(request, services, tenant_known(services, *tenant));
}

// POST /api/internal/users -> 201, as POST /v1/auth/register, in the tenant that the body names.
fcgi::Response create_user(const fcgi::Request& request, Services& services) {
  const Body body = Body::json(request);
  const std::string tenant = body.text("tenant_id", kLongestId);
  const auto registration = users::registration_in(body);
  return users::registered(request, services, tenant_known(services, tenant), registration);
}

// DELETE /api/internal/users/{user_id} -> 200, and 404 the second time.
fcgi::Response delete_user(const fcgi::Request& request, Services& services) {
  const auto id = UserId::parse(request.path_parameter("user_id"));
  const auto owner = id ? db::users::find_owner(services.db, *id) : std::nullopt;
  if (!owner) flows::refuse_gone_user(services.db);
  flows::delete_user(services.db, actor_of(request), owner->tenant, *id,
                     flows::longest_user_token(services.times), services.clock.now());
  return fcgi::json(200, json::Object().add("message", "User deleted successfully"));
}

// GET /api/internal/tenants -> 200, in pages.
fcgi::Response list_tenants(const fcgi::Request& request, Services& services) {
  const Query query(request);
  const int limit = query.limit();
  const auto cursor = query.text("cursor");
  if (cursor && !parse_tenant_id(*cursor)) refuse_cursor();
  const auto rows = db::tenants::list(services.db, cursor.value_or(""), limit + 1);
  Page page(limit);
  const auto* last = page.fill(rows, [](const auto& row) { return described(row); });
  json::Object answer;
  answer.add("tenants", page.rows());
  if (last != nullptr) answer.add("next_cursor", last->id.str());
  return fcgi::json(200, answer);
}

// DELETE /api/internal/tenants/{tenant_id} -> 200, and 404 the second time, also to whoever asked at the same
// time. All that is the tenant's own goes along.
fcgi::Response delete_tenant(const fcgi::Request& request, Services& services) {
  const TenantId tenant = flows::tenant_named(request.path_parameter("tenant_id"));
  if (!flows::delete_tenant(services.db, actor_of(request), tenant, flows::longest_user_token(services.times),
                            services.clock.now()))
    throw Error(Errc::not_found, "tenant not found");
  return fcgi::json(200, json::Object().add("message", "Tenant deleted successfully"));
}

// POST /api/internal/auth/token -> 200. A pair, as /token/generate makes it; also for a user of ours.
fcgi::Response issue_token(const fcgi::Request& request, Services& services) {
  const Body body = Body::json(request);
  const auto& keys = token_keys(services);
  const Time now = services.clock.now();
  const std::string& client = request.caller.subject;
  if (!body.is_text("user_id")) {
    const auto number = body.positive_int32("user_id");
    return tokens::pair_answer(flows::generate_pair(services.db, keys, services.times, client, number, now));
  }
  const auto id = UserId::parse(body.text("user_id", kLongestId));
  if (!id)
    throw Error(Errc::invalid_request, R"("user_id" must be an integer from 1 to 2147483647, or usr_…)");
  return tokens::pair_answer(flows::generate_pair(services.db, keys, services.times, client, *id, now));
}

}  // namespace gatehouse::handlers::internal
