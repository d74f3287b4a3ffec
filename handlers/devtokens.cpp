#include "handlers/devtokens.h"

#include "base/error.h"
#include "flows/dev_tokens.h"
#include "flows/tenants.h"
#include "handlers/body.h"
#include "handlers/page.h"
#include "handlers/query.h"
#include "handlers/users.h"

namespace gatehouse::handlers::devtokens {

namespace {

TenantId tenant_of(const fcgi::Request& request) { return TenantId::trusted(request.caller.tenant); }

std::optional<std::string> text_member(const json::Value& profile, std::string_view name) {
  const auto member = profile.find(name);
  const auto text = member ? member->text() : std::nullopt;
  return text ? std::optional<std::string>(*text) : std::nullopt;
}

std::string nickname_of(const db::users::UserRow& user) {
  const auto profile = json::Document::parse(user.profile);
  if (auto nickname = text_member(profile.root(), "nickname")) return std::move(*nickname);
  return text_member(profile.root(), "name").value_or("");
}

flows::Reveal reveal_of(const Services& services) { return {services.seal, services.config.devtoken_reveal}; }

void add_time(json::Object& answer, std::string_view name, const std::optional<Time>& time) {
  if (time) {
    answer.add(name, to_rfc3339(*time));
  } else {
    answer.add_json(name, "null");
  }
}

}  // namespace

json::Object described(const db::dev_tokens::TokenRow& token, Time now) {
  json::Object answer;
  answer.add("token_id", token.id.str())
      .add("note", token.note)
      .add("status", flows::name_of(flows::state_of(token, now)))
      .add("revoked", token.revoked_at.has_value())
      .add("tenant_id", token.tenant.str())
      .add("created_by", token.created_by)
      .add("created_at", to_rfc3339(token.created_at));
  add_time(answer, "last_used", token.last_used);
  add_time(answer, "expires_at", token.expires_at);
  return answer;
}

// GET /api/v1/user/{user_id} -> 200.
fcgi::Response show_user(const fcgi::Request& request, Services& services) {
  const std::string& named = request.path_parameter("user_id");
  const auto id = parse_any_user_id(named);
  const auto user = id ? db::users::find(services.db, tenant_of(request), *id) : std::nullopt;
  if (!user) throw Error(Errc::not_found, "User not found").with_message("User " + named + " does not exist");
  return fcgi::json(200, json::Object()
                             .add("success", true)
                             .add("user_id", user->id.str())
                             .add("nickname", nickname_of(*user))
                             .add_json("data", user->profile));
}

// GET /api/v1/users -> 200.
fcgi::Response list_users(const fcgi::Request& request, Services& services) {
  const auto users =
      users::page_of(request, services, tenant_of(request), [](const db::users::UserRow& user) {
        return json::Object().add("user_id", user.id.str()).add("nickname", nickname_of(user));
      });
  json::Object answer;
  answer.add("success", true)
      .add("count", static_cast<std::int64_t>(users.page.count()))
      .add("users", users.page.rows());
  if (users.next_cursor) answer.add("next_cursor", *users.next_cursor);
  return fcgi::json(200, answer);
}

// POST /api/v1/admin/devtokens -> 201. The token is in this answer and nowhere else.
fcgi::Response create(const fcgi::Request& request, Services& services) {
  const Body body = Body::json(request);
  flows::DevTokenRequest wanted{default_tenant(), body.line("note", flows::kLongestNote), std::nullopt};
  if (const auto tenant = body.optional_text("tenant_id", 64)) wanted.tenant = flows::tenant_named(*tenant);
  if (const auto lives = body.optional_integer("expires_in", 1, flows::kLongestDevToken.count()))
    wanted.lives = Seconds(*lives);
  const Time now = services.clock.now();
  const auto made = flows::create_dev_token(services.db, reveal_of(services), actor_of(request), wanted, now);
  return fcgi::no_store(fcgi::json(201, described(made.row, now).add("token", made.token.reveal())));
}

// GET /api/v1/admin/devtokens -> 200, of all tenants or of `tenant_id`.
fcgi::Response list(const fcgi::Request& request, Services& services) {
  const Query query(request);
  const int limit = query.limit();
  const Seen seen = query.seen();
  std::optional<TenantId> tenant;
  if (const auto text = query.text("tenant_id")) tenant = flows::tenant_named(*text);
  const auto rows = db::dev_tokens::list(services.db, tenant, {seen.created_at, seen.id}, limit + 1);
  const Time now = services.clock.now();
  Page page(limit);
  const auto* last = page.fill(rows, [now](const auto& row) { return described(row, now); });
  json::Object answer;
  answer.add("tokens", page.rows());
  if (last != nullptr) answer.add("next_cursor", cursor_of({last->created_at, last->id.str()}));
  return fcgi::json(200, answer);
}

// GET /api/v1/admin/devtokens/{token_id} -> 200.
fcgi::Response show(const fcgi::Request& request, Services& services) {
  const auto token = flows::dev_token(services.db, request.path_parameter("token_id"));
  return fcgi::json(200, described(token, services.clock.now()));
}

// POST /api/v1/admin/devtokens/{token_id}/revoke -> 200, also the second time.
fcgi::Response revoke(const fcgi::Request& request, Services& services) {
  const std::string& id = request.path_parameter("token_id");
  flows::revoke_dev_token(services.db, actor_of(request), id, services.clock.now());
  return fcgi::json(
      200,
      json::Object().add("success", true).add("token_id", id).add("message", "Token revoked successfully"));
}

}  // namespace gatehouse::handlers::devtokens
