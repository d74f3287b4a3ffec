#include "handlers/vault.h"

#include <algorithm>
#include <limits>
#include <memory>

#include "base/ascii.h"
#include "base/error.h"
#include "db/vault_log.h"
#include "flows/housekeeping.h"
#include "handlers/body.h"
#include "handlers/page.h"
#include "handlers/query.h"

namespace gatehouse::handlers::vault {

namespace {

using flows::Freshness;
using flows::Wish;

constexpr std::size_t kLongestThirdPartyToken = 16384;

// A dot segment in a path is another path to whoever reads it next: such a record could never be asked for.
bool is_user_id(std::string_view text) {
  if (text == "." || text == "..") return false;
  return !text.empty() && text.size() <= 128 && std::all_of(text.begin(), text.end(), [](char c) {
    return is_ascii_alphanumeric(c) || std::string_view("._@+-").find(c) != std::string_view::npos;
  });
}

[[noreturn]] void refuse_unknown() { throw Error(Errc::not_found, "User not found"); }

bool may_touch(const fcgi::Request& request, const std::string& user_id) {
  return !request.caller.only_user || *request.caller.only_user == user_id;
}

// Somebody else's user does not exist, but its log says who asked. Of a record that nobody has there is no
// line: anybody could fill the table with them.
void require_own(const fcgi::Request& request, Services& services, const std::string& user_id,
                 const char* action) {
  if (may_touch(request, user_id)) return;
  if (db::vault::find(services.db, user_id)) note_usage(request, services, user_id, action, "refused");
  refuse_unknown();
}

const std::string& user_in_path(const fcgi::Request& request) {
  const std::string& user_id = request.path_parameter("user_id");
  if (!is_user_id(user_id)) refuse_unknown();
  return user_id;
}
const std::string& own_user_in_path(const fcgi::Request& request, Services& services, const char* action) {
  const std::string& user_id = user_in_path(request);
  require_own(request, services, user_id, action);
  return user_id;
}

flows::NewTokens tokens_in(const Body& body, const Services& services) {
  flows::NewTokens tokens;
  tokens.user_id = body.text("user_id", 128);
  if (!is_user_id(tokens.user_id))
    throw Error(Errc::invalid_request, R"("user_id" must be 1 to 128 of [A-Za-z0-9._@+-], and not . or ..)");
  tokens.access_token = body.text("access_token", kLongestThirdPartyToken);
  tokens.refresh_token = body.optional_text("refresh_token", kLongestThirdPartyToken);
  if (tokens.refresh_token && tokens.refresh_token->empty()) tokens.refresh_token.reset();
  const auto expires_at = parse_rfc3339(body.text("expires_at", 64));
  if (!expires_at) throw Error(Errc::invalid_request, R"("expires_at" must be an RFC 3339 time)");
  tokens.expires_at = *expires_at;
  tokens.provider = body.optional_text("provider", 32).value_or("tesla");
  if (services.providers.find(tokens.provider) == nullptr)
    throw Error(Errc::invalid_request, R"("provider" is none that is set up)");
  return tokens;
}

[[noreturn]] void refuse(const flows::RefreshOutcome& outcome) {
  const int wait = static_cast<int>(outcome.retry_after.count());
  switch (outcome.freshness) {
    case Freshness::needs_login:
      throw Error(Errc::conflict, "Needs a new login")
          .with_message(outcome.record.refresh_sealed ? "the provider takes the refresh token no more"
                                                      : "there is no refresh token to get another one with");
    case Freshness::misconfigured:
      throw Error(Errc::bad_gateway).with_message("the provider refused for another reason than the token");
    case Freshness::limited:
      throw Error(Errc::unavailable, "The provider limits requests").with_retry_after(wait);
    default:
      throw Error(Errc::unavailable, "The provider cannot be asked now").with_retry_after(wait);
  }
}

// An error that leaves a call on the line: it cannot be thrown, since what follows the answer hangs on it.
fcgi::Response still_asking(const fcgi::Request& request, flows::RefreshOutcome& outcome,
                            Services& services) {
  auto response = fcgi::json(503, json::Object()
                                      .add("error", "The provider has not answered yet")
                                      .add("message", "its answer will be stored when it comes")
                                      .add("request_id", request.request_id));
  response.set_default("Retry-After", "5");
  keep_going(response, outcome, services);
  return response;
}

json::Object shown(const flows::Vault& vault, const db::vault::AccessToken& token) {
  return json::Object()
      .add("access_token", flows::open_access_token(vault, token))
      .add("token_type", "Bearer")
      .add("expires_at", to_rfc3339(token.expires_at));
}

json::Object described(const db::vault_log::Row& row) {
  return json::Object()
      .add("id", row.id)
      .add("action", row.action)
      .add("outcome", row.outcome)
      .add("actor", row.actor)
      .add("ip_address", row.client_address)
      .add("created_at", to_rfc3339(row.at));
}

const char* message_of(const flows::RefreshOutcome& outcome, bool valid) {
  if (valid) return outcome.refreshed ? "Token was refreshed and is valid" : "Token is valid";
  if (outcome.freshness == Freshness::needs_login) return "Token needs a new login";
  return "Token is expired and could not be refreshed";
}

}  // namespace

fcgi::Response hand_over() {
  fcgi::Response response;
  response.headers.emplace_back("X-Accel-Redirect", "@outbound");
  return response;
}

void keep_going(fcgi::Response& response, flows::RefreshOutcome& outcome, Services& services) {
  if (!outcome.under_way) return;
  const auto attempt = std::make_shared<flows::RefreshAttempt>(std::move(*outcome.under_way));
  response.after = [attempt, &services] { attempt->finish(vault_of(services)); };
}

void note_usage(const fcgi::Request& request, Services& services, const std::string& user_id,
                const char* action, const char* outcome, const std::string& actor) {
  services.vault_usage.note({user_id, services.clock.now(), action, outcome,
                             actor.empty() ? request.caller.subject : actor, request.client_address,
                             request.request_id});
}

// POST /api/v1/tokens -> 201, or 200 where it replaces what was there.
fcgi::Response save(const fcgi::Request& request, Services& services) {
  const auto tokens = tokens_in(Body::json(request), services);
  require_own(request, services, tokens.user_id, "save");
  const bool known_caller = request.caller.kind != fcgi::Who::open;
  const auto saved = flows::save_tokens(vault_of(services), actor_of(request), tokens, known_caller);
  if (saved == flows::Saved::refused)
    throw Error(Errc::invalid_token, "Only an internal JWT may replace a user's tokens");
  return fcgi::no_store(
      fcgi::json(saved == flows::Saved::created ? 201 : 200, json::Object()
                                                                 .add("success", true)
                                                                 .add("message", "Token saved successfully")
                                                                 .add("user_id", tokens.user_id)));
}

// GET /api/v1/tokens/{user_id} -> 200. Refreshed first where it is about to end.
fcgi::Response show(const fcgi::Request& request, Services& services) {
  const std::string& user_id = own_user_in_path(request, services, "read");
  const auto vault = vault_of(services);
  if (!services.may_call_out) {
    const auto token = db::vault::find_access_token(services.db, user_id);
    if (!token) refuse_unknown();
    if (!flows::is_fresh(*token, Wish::when_dying, services.clock.now())) return hand_over();
    note_usage(request, services, user_id, "read", "ok");
    return fcgi::no_store(fcgi::json(200, shown(vault, *token)));
  }
  auto outcome = flows::ensure_fresh(vault, actor_of(request), user_id, Wish::when_dying);
  const bool lives = outcome.record.expires_at > services.clock.now();
  note_usage(request, services, user_id, "read", lives ? "ok" : flows::outcome_of(outcome.freshness));
  if (!lives) {
    if (outcome.under_way) return still_asking(request, outcome, services);
    refuse(outcome);
  }
  auto response = fcgi::no_store(fcgi::json(200, shown(vault, outcome.record)));
  keep_going(response, outcome, services);
  return response;
}

// GET /api/v1/tokens/{user_id}/validate -> 200, also for one that is not valid: the answer is in `valid`.
fcgi::Response validate(const fcgi::Request& request, Services& services) {
  const std::string& user_id = own_user_in_path(request, services, "validate");
  flows::RefreshOutcome outcome;
  if (services.may_call_out) {
    outcome = flows::ensure_fresh(vault_of(services), actor_of(request), user_id, Wish::when_dying);
  } else {
    auto record = db::vault::find(services.db, user_id);
    if (!record) refuse_unknown();
    if (!flows::is_fresh(*record, Wish::when_dying, services.clock.now())) return hand_over();
    outcome.record = std::move(*record);
  }
  const bool valid = outcome.record.expires_at > services.clock.now();
  note_usage(request, services, user_id, "validate", valid ? "ok" : flows::outcome_of(outcome.freshness));
  auto response = fcgi::json(200, json::Object()
                                      .add("valid", valid)
                                      .add("expires_at", to_rfc3339(outcome.record.expires_at))
                                      .add("user_id", user_id)
                                      .add("message", message_of(outcome, valid)));
  keep_going(response, outcome, services);
  return response;
}

// POST /api/v1/tokens/{user_id}/refresh -> 200 with the new tokens.
fcgi::Response refresh(const fcgi::Request& request, Services& services) {
  const std::string& user_id = own_user_in_path(request, services, "refresh");
  const auto vault = vault_of(services);
  auto outcome = flows::ensure_fresh(vault, actor_of(request), user_id, Wish::always);
  if (!outcome.asked) note_usage(request, services, user_id, "refresh", flows::outcome_of(outcome.freshness));
  if (outcome.under_way) return still_asking(request, outcome, services);
  if (outcome.freshness != Freshness::good) refuse(outcome);
  json::Object answer;
  answer.add("success", true).add("access_token", flows::open_access_token(vault, outcome.record));
  // A save may have put a record without one in its place meanwhile.
  if (outcome.record.refresh_sealed)
    answer.add("refresh_token", flows::open_refresh_token(vault, outcome.record));
  answer.add("token_type", "Bearer").add("expires_at", to_rfc3339(outcome.record.expires_at));
  return fcgi::no_store(fcgi::json(200, answer));
}

// DELETE /api/v1/tokens/{user_id} -> 200, and 404 the second time.
fcgi::Response remove(const fcgi::Request& request, Services& services) {
  const std::string& user_id = own_user_in_path(request, services, "delete");
  if (!flows::delete_tokens(vault_of(services), actor_of(request), user_id)) refuse_unknown();
  return fcgi::json(200, json::Object().add("success", true).add("message", "Token deleted successfully"));
}

// GET /api/v1/tokens/{user_id}/logs -> 200: the newest first, also of a record that is gone.
fcgi::Response logs(const fcgi::Request& request, Services& services) {
  const std::string& user_id = user_in_path(request);
  if (!may_touch(request, user_id)) refuse_unknown();
  const Query query(request);
  const int limit = query.limit();
  const auto rows = db::vault_log::list(
      services.db, user_id, query.integer("cursor", 1, std::numeric_limits<std::int64_t>::max()), limit + 1);
  if (rows.empty() && !db::vault::find(services.db, user_id)) refuse_unknown();
  Page page(limit);
  const auto* last = page.fill(rows, described);
  json::Object answer;
  answer.add("user_id", user_id)
      .add("logs", page.rows())
      .add("count", static_cast<std::int64_t>(page.count()));
  if (last != nullptr) answer.add("next_cursor", std::to_string(last->id));
  return fcgi::json(200, answer);
}

// POST /api/v1/admin/cleanup -> 200: how many of each kind went.
fcgi::Response clean_up(const fcgi::Request& request, Services& services) {
  const auto cleaned = flows::clean_vault(services.db, actor_of(request), services.clock.now());
  return fcgi::json(200, json::Object()
                             .add("success", true)
                             .add("deleted", json::Object()
                                                 .add("needs_login", cleaned.needs_login)
                                                 .add("not_refreshable", cleaned.not_refreshable))
                             .add("count", cleaned.needs_login + cleaned.not_refreshable));
}

}  // namespace gatehouse::handlers::vault
