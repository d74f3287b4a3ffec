#include "handlers/users.h"

#include <algorithm>

#include "base/error.h"
#include "flows/user_tokens.h"
#include "flows/users.h"
#include "handlers/query.h"

namespace gatehouse::handlers::users {

namespace {

// So many profiles at most are looked at before their bytes are counted.
constexpr std::size_t kBatch = 128;

TenantId tenant_of(const fcgi::Request& request) { return TenantId::trusted(request.caller.tenant); }

// A malformed id is nobody's.
UserId id_of(const fcgi::Request& request) {
  const auto id = parse_any_user_id(request.path_parameter("user_id"));
  if (!id) throw Error(Errc::not_found, "user not found");
  return *id;
}

}  // namespace

json::Object described(const db::users::UserRow& user) {
  json::Object answer;
  answer.add("id", user.id.str())
      .add("email", user.email)
      .add_json("profile", user.profile)
      .add("created_at", to_rfc3339(user.created_at));
  if (user.disabled_at) answer.add("disabled", true);
  return answer;
}

// GET /v1/users/me -> 200.
fcgi::Response show_me(const fcgi::Request& request, Services& services) {
  auto tx = services.db.begin();
  const auto user = db::users::find(tx, tenant_of(request), UserId::trusted(request.caller.subject));
  if (!user) throw Error(Errc::invalid_token, "user not authenticated");
  return fcgi::json(200, described(*user));
}

UserPage page_of(const fcgi::Request& request, Services& services, const TenantId& tenant,
                 Describe describe) {
  const Query query(request);
  const Seen seen = query.seen();
  UserPage result{Page(query.limit()), std::nullopt};
  db::users::Position last{seen.created_at, seen.id};
  auto tx = services.db.begin();
  for (;;) {
    // One more than there is room for tells whether there is more.
    const auto most = static_cast<int>(std::min(kBatch, result.page.room() + 1));
    const auto batch = db::users::list(tx, tenant, last, most, kLargestPage);
    if (batch.empty()) return result;
    for (const auto& user : batch) {
      if (!result.page.add(describe(user))) {
        result.next_cursor = cursor_of({last.created_at, last.id});
        return result;
      }
      last = {user.created_at, user.id.str()};
    }
  }
}

fcgi::Response listed(const fcgi::Request& request, Services& services, const TenantId& tenant) {
  const auto users = page_of(request, services, tenant, described);
  json::Object answer;
  answer.add("users", users.page.rows());
  if (users.next_cursor) answer.add("next_cursor", *users.next_cursor);
  return fcgi::json(200, answer);
}

Registration registration_in(const Body& body) {
  return {body.text("email", kLongestEmail), body.text("password", flows::kLongestPassword),
          body.optional_object("profile", kLongestProfile).value_or("{}")};
}

fcgi::Response registered(const fcgi::Request& request, Services& services, const TenantId& tenant,
                          const Registration& registration) {
  const auto user = flows::register_user(services.db, services.passwords, actor_of(request), tenant,
                                         {registration.email, registration.password, registration.profile},
                                         services.clock.now());
  return fcgi::json(201, described(user));
}

// GET /v1/users -> 200.
fcgi::Response list(const fcgi::Request& request, Services& services) {
  return listed(request, services, tenant_of(request));
}

// GET /v1/users/{user_id} -> 200.
fcgi::Response show(const fcgi::Request& request, Services& services) {
  const UserId id = id_of(request);
  auto tx = services.db.begin();
  const auto user = db::users::find(tx, tenant_of(request), id);
  if (!user) throw Error(Errc::not_found, "user not found");
  return fcgi::json(200, described(*user));
}

// PATCH /v1/users/{user_id} -> 200.
fcgi::Response change(const fcgi::Request& request, Services& services) {
  const UserId id = id_of(request);
  const Body body = Body::json(request);
  const flows::UserChange change{body.optional_object("profile", kLongestProfile),
                                 body.optional_flag("disabled")};
  if (!change.profile && !change.disabled)
    throw Error(Errc::invalid_request, R"("profile" or "disabled" is required)");
  const auto user = flows::change_user(services.db, actor_of(request), tenant_of(request), id, change,
                                       flows::longest_user_token(services.times), services.clock.now());
  return fcgi::json(200, described(user));
}

// DELETE /v1/users/{user_id} -> 200, and 404 the second time.
fcgi::Response remove(const fcgi::Request& request, Services& services) {
  flows::delete_user(services.db, actor_of(request), tenant_of(request), id_of(request),
                     flows::longest_user_token(services.times), services.clock.now());
  return fcgi::json(200, json::Object().add("message", "User deleted successfully"));
}

}  // namespace gatehouse::handlers::users
