#include "handlers/auth.h"

#include "base/error.h"
#include "flows/login.h"
#include "flows/user_tokens.h"
#include "flows/users.h"
#include "handlers/body.h"
#include "handlers/users.h"

namespace gatehouse::handlers::auth {

namespace {

TenantId tenant_of(const fcgi::Request& request) { return TenantId::trusted(request.caller.tenant); }

flows::PasswordCheck check_of(const Services& services) {
  return {services.passwords, {services.config.login_attempts, services.config.login_window}};
}

}  // namespace

// POST /v1/auth/register -> 201.
fcgi::Response enroll(const fcgi::Request& request, Services& services) {
  return users::registered(request, services, tenant_of(request),
                           users::registration_in(Body::json(request)));
}

// POST /v1/auth/login -> 200.
fcgi::Response sign_in(const fcgi::Request& request, Services& services) {
  const Body body = Body::json(request);
  const std::string email = body.text("email", users::kLongestEmail);
  const std::string password = body.text("password", flows::kLongestPassword);
  const auto signed_in =
      flows::login(services.db, token_keys(services), check_of(services),
                   {tenant_of(request), email, password, request.client_address}, services.clock.now());
  return fcgi::no_store(fcgi::json(
      200, json::Object().add("user", users::described(signed_in.user)).add("token", signed_in.token)));
}

// POST /v1/auth/logout -> 200. Ends the token that it comes with.
fcgi::Response sign_out(const fcgi::Request& request, Services& services) {
  const Time now = services.clock.now();
  flows::end_user_token(services.db, actor_of(request), tenant_of(request),
                        UserId::trusted(request.caller.subject), request.caller.token_id,
                        request.caller.credential_expires_at.value_or(now), now);
  return fcgi::json(200, json::Object().add("message", "Logged out successfully"));
}

// POST /v1/auth/password -> 200. The token that it comes with goes on working; all others of the user end.
fcgi::Response change_password(const fcgi::Request& request, Services& services) {
  const Body body = Body::json(request);
  const std::string current = body.text("current_password", flows::kLongestPassword);
  const std::string replacement = body.text("new_password", flows::kLongestPassword);
  flows::change_password(services.db, check_of(services), actor_of(request),
                         {tenant_of(request), UserId::trusted(request.caller.subject),
                          request.caller.token_id, request.caller.token_version, current, replacement},
                         flows::longest_user_token(services.times), services.clock.now());
  return fcgi::json(200, json::Object().add("message", "Password changed successfully"));
}

}  // namespace gatehouse::handlers::auth
