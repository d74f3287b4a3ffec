#include "handlers/users.h"

#include <charconv>

#include "base/base64.h"
#include "base/error.h"
#include "flows/user_tokens.h"
#include "flows/users.h"
#include "handlers/query.h"

namespace gatehouse::handlers::users {

namespace {

using db::users::Position;

TenantId tenant_of(const fcgi::Request& request) { return TenantId::trusted(request.caller.tenant); }

// A malformed id is nobody's.
UserId id_of(const fcgi::Request& request) {
  const auto id = UserId::parse(request.path_parameter("user_id"));
  if (!id) throw Error(Errc::not_found, "user not found");
  return *id;
}

// The last user seen: the time in microseconds and the id.
std::string cursor_of(const db::users::UserRow& user) {
  return base64url_encode(std::to_string(user.created_at.time_since_epoch().count()) + ':' + user.id.str());
}

Position position_of(const std::string& cursor) {
  const auto text = base64url_decode(cursor);
  const auto colon = text ? text->find(':') : std::string::npos;
  if (colon == std::string::npos) refuse_cursor();
  const char* end = text->data() + colon;
  std::int64_t microseconds = 0;
  const auto [rest, failure] = std::from_chars(text->data(), end, microseconds);
  const auto id = UserId::parse(text->substr(colon + 1));
  // A time that PostgreSQL has.
  const bool sound =
      failure == std::errc{} && rest == end && microseconds >= 0 && microseconds < 253'402'300'800'000'000;
  if (!sound || !id) refuse_cursor();
  return {Time(std::chrono::microseconds(microseconds)), id->str()};
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

fcgi::Response listed(const fcgi::Request& request, Services& services, const TenantId& tenant) {
  const Query query(request);
  const int limit = query.limit();
  const auto cursor = query.text("cursor");
  const Position after = cursor ? position_of(*cursor) : Position{from_unix_seconds(0), ""};
  auto tx = services.db.begin();
  // One more than is shown tells whether there is more.
  auto rows = db::users::list(tx, tenant, after, limit + 1);
  const bool more = rows.size() > static_cast<std::size_t>(limit);
  if (more) rows.pop_back();
  json::Array users;
  for (const auto& user : rows) users.add(described(user));
  json::Object answer;
  answer.add("users", users);
  if (more) answer.add("next_cursor", cursor_of(rows.back()));
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
