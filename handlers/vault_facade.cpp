#include "handlers/vault_facade.h"

#include "base/error.h"
#include "flows/vault_refresh.h"
#include "handlers/body.h"
#include "handlers/vault.h"

namespace gatehouse::handlers::vault {

namespace {

// Tesla's own words, which its clients know.
fcgi::Response tesla_error(int status, std::string_view error, std::string_view description) {
  return fcgi::no_store(
      fcgi::json(status, json::Object().add("error", error).add("error_description", description)));
}

fcgi::Response refusal(const flows::RefreshOutcome& outcome) {
  using flows::Freshness;
  if (outcome.freshness == Freshness::needs_login)
    return tesla_error(401, "login_required", "The refresh_token is no longer good; a new login is needed");
  if (outcome.freshness == Freshness::misconfigured)
    return tesla_error(502, "server_error", "The provider refused for another reason than the token");
  auto response = tesla_error(503, "temporarily_unavailable", "The provider cannot be asked now");
  response.set_default("Retry-After", std::to_string(outcome.retry_after.count()));
  return response;
}

fcgi::Response granted(const flows::Vault& vault, const db::vault::Record& record,
                       const std::string& handle) {
  const Time now = vault.clock.now();
  return fcgi::no_store(
      fcgi::json(200, json::Object()
                          .add("access_token", flows::open_access_token(vault, record))
                          .add("refresh_token", handle)
                          .add("token_type", "Bearer")
                          .add("expires_in", unix_seconds(record.expires_at) - unix_seconds(now))
                          .add("created_at", unix_seconds(now))));
}

}  // namespace

// -> 200 with the provider's access token and the same handle.
fcgi::Response facade(const fcgi::Request& request, Services& services) {
  const Body body = Body::json_or_form(request);
  if (body.text("grant_type", 64) != "refresh_token")
    throw Error(Errc::unsupported_grant_type, "Only refresh_token is supported");
  const std::string handle = body.text("refresh_token", kLongestToken);
  const auto vault = vault_of(services);
  const auto owner = flows::owner_of_handle(vault, handle);
  if (!owner) return tesla_error(401, "login_required", "The refresh_token is unknown");
  flows::RefreshOutcome outcome;
  if (services.may_call_out) {
    outcome =
        flows::ensure_fresh(vault, flows::Actor{owner->handle_id, request.client_address, request.request_id},
                            owner->user_id, flows::Wish::when_dying);
  } else {
    auto record = db::vault::find(services.db, owner->user_id);
    if (!record) return tesla_error(401, "login_required", "The refresh_token is unknown");
    if (!flows::is_fresh(*record, flows::Wish::when_dying, services.clock.now())) return hand_over();
    outcome.record = std::move(*record);
  }
  const bool lives = outcome.record.expires_at > services.clock.now();
  note_usage(request, services, owner->user_id, "read", lives ? "ok" : flows::outcome_of(outcome.freshness),
             owner->handle_id);
  auto response = lives ? granted(vault, outcome.record, handle) : refusal(outcome);
  keep_going(response, outcome, services);
  return response;
}

}  // namespace gatehouse::handlers::vault
