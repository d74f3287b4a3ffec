#include "handlers/services.h"

#include "base/error.h"
#include "flows/client_credentials.h"
#include "flows/live_token.h"
#include "flows/scopes.h"
#include "flows/services.h"
#include "handlers/body.h"

namespace gatehouse::handlers::services {

namespace {

constexpr std::size_t kLongestCredential = 128;

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
  const auto client = flows::authenticate_client(services.db, id, secret, now);
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
  const auto claims = flows::live_claims(services.db, token_keys(services, token), flows::Kind::service,
                                         token, services.clock.now());
  if (!claims) return fcgi::no_store(fcgi::json(200, json::Object().add("valid", false)));
  return fcgi::no_store(fcgi::json(200, json::Object()
                                            .add("valid", true)
                                            .add("client_id", claims->subject)
                                            .add("scopes", flows::split_scope(claims->scope))
                                            .add("exp", claims->expires_at)));
}

}  // namespace gatehouse::handlers::services
