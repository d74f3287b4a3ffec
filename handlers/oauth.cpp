#include "handlers/oauth.h"

#include "base/error.h"
#include "crypto/jwk.h"
#include "flows/client_credentials.h"
#include "flows/introspection.h"
#include "flows/revocation.h"
#include "flows/scopes.h"
#include "handlers/body.h"

namespace gatehouse::handlers::oauth {

namespace {

flows::Client client_of(const fcgi::Caller& caller) {
  return {ServiceId::trusted(caller.subject), caller.scopes, caller.token_version,
          caller.credential_expires_at};
}

json::Object described(const flows::Introspection& token) {
  json::Object answer;
  answer.add("active", true);
  const auto add = [&](std::string_view name, const std::string& text) {
    if (!text.empty()) answer.add(name, text);
  };
  add("scope", token.scope);
  add("client_id", token.client_id);
  add("token_type", token.token_type);
  // A developer token may have no end.
  if (token.expires_at != 0) answer.add("exp", token.expires_at);
  answer.add("iat", token.issued_at);
  add("sub", token.subject);
  add("aud", token.audience);
  add("iss", token.issuer);
  add("jti", token.id);
  add("tenant_id", token.tenant);
  return answer;
}

json::Array array_of(std::initializer_list<std::string_view> texts) {
  json::Array array;
  for (const auto text : texts) array.add(text);
  return array;
}

}  // namespace

// POST /oauth/token -> 200 (RFC 6749 section 4.4).
fcgi::Response token(const fcgi::Request& request, Services& services) {
  const Body body = Body::form(request);
  if (body.text("grant_type", 256) != "client_credentials") throw Error(Errc::unsupported_grant_type);
  const auto scope = body.optional_text("scope", 1024);
  const auto issued = flows::issue_service_token(token_keys(services), client_of(request.caller), scope,
                                                 services.clock.now());
  return fcgi::no_store(
      fcgi::json(200, json::Object()
                          .add("access_token", issued.access_token)
                          .add("token_type", "Bearer")
                          .add("expires_in", static_cast<std::int64_t>(issued.expires_in.count()))
                          .add("scope", flows::join_scope(issued.scopes))));
}

// POST /oauth/introspect -> 200 (RFC 7662). token_type_hint is not needed: every kind shows what it is.
fcgi::Response introspect(const fcgi::Request& request, Services& services) {
  const std::string presented = Body::form(request).text("token", kLongestToken);
  const auto found = flows::introspect(services.db, services.credentials, token_keys(services, presented),
                                       presented, services.clock.now());
  return fcgi::no_store(fcgi::json(200, found ? described(*found) : json::Object().add("active", false)));
}

// POST /oauth/revoke -> 200 (RFC 7009), whatever the token was.
fcgi::Response revoke(const fcgi::Request& request, Services& services) {
  const std::string presented = Body::form(request).text("token", kLongestToken);
  const flows::Actor actor = actor_of(request);
  const flows::Revoker who{actor, request.caller.has_scope("internal:admin")};
  flows::revoke_token(services.db, token_keys(services, presented), who, presented, services.clock.now());
  return fcgi::no_store(fcgi::json(200, json::Object()));
}

// GET /.well-known/oauth-authorization-server -> 200 (RFC 8414 section 2).
fcgi::Response metadata(const fcgi::Request&, Services& services) {
  const std::string& issuer = services.config.public_url;
  const auto client_auth = array_of({"client_secret_basic", "client_secret_post"});
  json::Array scopes;
  for (const auto scope : flows::kScopes) scopes.add(scope);
  auto response = fcgi::json(200, json::Object()
                                      .add("issuer", issuer)
                                      .add("token_endpoint", issuer + "/oauth/token")
                                      .add("token_endpoint_auth_methods_supported", client_auth)
                                      .add("grant_types_supported", array_of({"client_credentials"}))
                                      .add("response_types_supported", json::Array())
                                      .add("scopes_supported", scopes)
                                      .add("introspection_endpoint", issuer + "/oauth/introspect")
                                      .add("introspection_endpoint_auth_methods_supported", client_auth)
                                      .add("revocation_endpoint", issuer + "/oauth/revoke")
                                      .add("revocation_endpoint_auth_methods_supported", client_auth)
                                      .add("jwks_uri", issuer + "/.well-known/jwks.json"));
  response.set_default("Cache-Control", "public, max-age=300");
  return response;
}

// GET /.well-known/jwks.json -> 200 (RFC 7517 section 5). Announced keys stand in it before they sign.
fcgi::Response jwks(const fcgi::Request&, Services& services) {
  json::Array keys;
  for (const auto& published : token_keys(services).published())
    keys.add_json(crypto::public_jwk(published.key));
  auto response = fcgi::json(200, json::Object().add("keys", keys));
  response.set_default("Cache-Control", "public, max-age=300");
  return response;
}

}  // namespace gatehouse::handlers::oauth
