#include "handlers/authenticate.h"

#include <optional>
#include <string>
#include <utility>

#include "base/ascii.h"
#include "base/base64.h"
#include "base/error.h"
#include "base/percent_encode.h"
#include "fcgi/encoding.h"
#include "flows/client_credentials.h"
#include "flows/dev_tokens.h"
#include "flows/live_token.h"
#include "flows/scopes.h"
#include "flows/tenants.h"
#include "handlers/body.h"

namespace gatehouse::handlers {

namespace {

using fcgi::Who;

struct Header {
  std::string scheme;  // in lower case
  std::string_view credential;
};

// RFC 9110 section 11.4: the scheme is case-insensitive.
Header split(const std::string& authorization) {
  const auto space = authorization.find(' ');
  Header header{ascii_lower(authorization.substr(0, space)), {}};
  if (space != std::string::npos) header.credential = std::string_view(authorization).substr(space + 1);
  while (header.credential.starts_with(' ')) header.credential.remove_prefix(1);
  return header;
}

// RFC 6749 section 2.3.1: both halves are form-encoded before they are joined. Many clients forget that,
// which makes no difference to what most encoders leave of our ids and secrets; some encode all but letters
// and digits. Any other writing is refused: nginx counts a credential's requests by how it is written.
std::optional<std::string> form_decoded(std::string_view text) {
  auto decoded = fcgi::percent_decode(text);
  if (decoded && text != *decoded && text != percent_encode(*decoded)) return std::nullopt;
  return decoded;
}

std::optional<std::pair<std::string, std::string>> basic_credentials(std::string_view credential) {
  const auto joined = base64_decode(credential);
  if (!joined) return std::nullopt;
  const auto colon = joined->find(':');
  if (colon == std::string::npos) return std::nullopt;
  auto id = form_decoded(std::string_view(*joined).substr(0, colon));
  auto secret = form_decoded(std::string_view(*joined).substr(colon + 1));
  if (!id || !secret) return std::nullopt;
  return std::pair{std::move(*id), std::move(*secret)};
}

fcgi::Caller caller_of(const flows::Client& client) {
  fcgi::Caller caller;
  caller.kind = Who::client;
  caller.subject = client.id.str();
  caller.tenant = default_tenant().str();
  caller.scopes = client.scopes;
  caller.token_version = client.token_version;
  caller.credential_expires_at = client.secret_expires_at;
  return caller;
}

// Credentials in the body are for /oauth/ only (RFC 6749 section 2.3.1), and never two ways at once
// (section 2.3).
std::optional<std::pair<std::string, std::string>> body_credentials(const fcgi::Request& request) {
  if (!request.path.starts_with("/oauth/")) return std::nullopt;
  const Body body = Body::form(request);
  auto secret = body.optional_text("client_secret", 128);
  if (!secret) return std::nullopt;
  if (!request.authorization.empty()) {
    throw Error(Errc::invalid_request, "Use one way of client authentication, not two");
  }
  return std::pair{body.text("client_id", 128), std::move(*secret)};
}

// RFC 6749 section 2.3 again: many clients repeat their id in the body, and who names another one there says
// two things at once. (Elsewhere than under /oauth/ a client_id is a member that nobody reads.)
void require_same_client(const fcgi::Request& request, std::string_view basic_id) {
  if (!request.path.starts_with("/oauth/")) return;
  const auto named = Body::form(request).optional_text("client_id", 128);
  if (named && *named != basic_id)
    throw Error(Errc::invalid_request, "\"client_id\" is not the client of the Authorization header");
}

fcgi::Caller client(const fcgi::Request& request, const Header& header, Services& services) {
  auto credentials = body_credentials(request);
  if (!credentials && header.scheme == "basic") {
    credentials = basic_credentials(header.credential);
    if (credentials) require_same_client(request, credentials->first);
  }
  if (!credentials) throw Error(Errc::invalid_client);
  return caller_of(services.credentials.client(services.db, credentials->first, credentials->second,
                                               services.clock.now()));
}

fcgi::Caller service(const Header& header, Services& services) {
  const auto& keys = token_keys(services, header.credential);
  const auto claims = flows::live_claims(services.revocations, keys, flows::Kind::service, header.credential,
                                         services.clock.now());
  if (!claims) throw Error(Errc::invalid_token).with_message("Token is invalid or has been revoked");
  fcgi::Caller caller;
  caller.kind = Who::service;
  caller.subject = claims->subject;
  caller.tenant = default_tenant().str();
  caller.scopes = flows::split_scope(claims->scope);
  caller.token_id = claims->id;
  return caller;
}

// Public keys are for signing users up and in, out of browsers; the rest wants the secret one.
fcgi::Caller tenant(const Header& header, Who who, Services& services) {
  const auto owner = header.scheme == "bearer" ? services.credentials.tenant_key(
                                                     services.db, header.credential, services.clock.now())
                                               : std::nullopt;
  if (!owner) throw Error(Errc::invalid_token, "tenant not found");
  const bool is_secret = owner->kind == db::tenants::KeyKind::secret_key;
  if (!is_secret && !accepts(who, Who::tenant_key))
    throw Error(Errc::insufficient_scope, "Forbidden").with_message("the tenant's secret key is required");
  fcgi::Caller caller;
  caller.kind = is_secret ? Who::tenant_secret : Who::tenant_key;
  caller.subject = owner->tenant.str();
  caller.tenant = owner->tenant.str();
  return caller;
}

fcgi::Caller user(const Header& header, Services& services) {
  const auto claims = header.scheme == "bearer"
                          ? flows::live_claims(services.revocations, token_keys(services, header.credential),
                                               flows::Kind::user, header.credential, services.clock.now())
                          : std::nullopt;
  if (!claims || claims->tenant.empty()) throw Error(Errc::invalid_token, "user not authenticated");
  fcgi::Caller caller;
  caller.kind = Who::user;
  caller.subject = claims->subject;
  caller.tenant = claims->tenant;
  caller.token_id = claims->id;
  caller.token_version = claims->version;
  caller.credential_expires_at = from_unix_seconds(claims->expires_at);
  return caller;
}

// The document's answer, whatever is wrong with it.
fcgi::Caller dev_token(const Header& header, Services& services) {
  const Time now = services.clock.now();
  const auto owner = header.scheme == "bearer" && !header.credential.empty()
                         ? services.credentials.dev_token(services.db, header.credential, now)
                         : std::nullopt;
  if (!owner) throw Error(Errc::invalid_token).with_message("Token is invalid or has been revoked");
  services.token_uses.note(owner->id.str(), now);
  fcgi::Caller caller;
  caller.kind = Who::dev_token;
  caller.subject = owner->id.str();
  caller.tenant = owner->tenant.str();
  caller.token_id = owner->id.str();
  return caller;
}

// Made with JWT_SECRET by whoever runs the installation; there is no row about it that could be asked for.
fcgi::Caller internal(const Header& header, Who who, Services& services) {
  const auto claims = header.scheme == "bearer" ? services.keys.check(flows::Kind::internal,
                                                                      header.credential, services.clock.now())
                                                : std::nullopt;
  if (!claims) throw Error(Errc::invalid_token);
  // A JWT for one user is good for that user, whatever its role: what administrators do concerns all of them.
  const bool is_admin = claims->role == "admin" && claims->user_id.empty();
  if (!is_admin && !accepts(who, Who::internal_jwt)) {
    throw Error(Errc::insufficient_scope, "Forbidden")
        .with_message("a JWT with the role admin and without a user_id is required");
  }
  fcgi::Caller caller;
  caller.kind = is_admin ? Who::admin_jwt : Who::internal_jwt;
  caller.subject = claims->subject;
  caller.tenant = default_tenant().str();
  caller.token_id = claims->id;
  if (!claims->user_id.empty()) caller.only_user = claims->user_id;
  return caller;
}

fcgi::Caller identify(const fcgi::Request& request, Who who, Services& services) {
  const Header header = split(request.authorization);
  // Open to private networks, that is; everybody else needs what the row names besides.
  if (accepts(who, Who::open) && request.authorization.empty() && request.from_private_network) return {};
  const bool takes_client = accepts(who, Who::client);
  const bool takes_service = accepts(who, Who::service);
  if (takes_service && (header.scheme == "bearer" || !takes_client)) {
    if (header.scheme != "bearer")
      throw Error(Errc::invalid_token).with_message("Token is invalid or has been revoked");
    return service(header, services);
  }
  if (takes_client) return client(request, header, services);
  if (accepts(who, Who::tenant_key | Who::tenant_secret)) return tenant(header, who, services);
  if (accepts(who, Who::user)) return user(header, services);
  if (accepts(who, Who::dev_token)) return dev_token(header, services);
  if (accepts(who, Who::internal_jwt | Who::admin_jwt)) return internal(header, who, services);
  throw Error(Errc::invalid_token, {}, "the route asks for a credential that nothing checks yet");
}

}  // namespace

void authenticate(fcgi::Request& request, const fcgi::Route<Services>& route, Services& services) {
  request.caller = identify(request, route.who, services);
  if (!route.scope.empty() && !request.caller.has_scope(route.scope)) {
    throw Error(Errc::insufficient_scope).with_message("scope " + std::string(route.scope) + " is required");
  }
}

std::optional<std::string_view> bearer_credential(const fcgi::Request& request) {
  const Header header = split(request.authorization);
  if (header.scheme != "bearer" || header.credential.empty()) return std::nullopt;
  return header.credential;
}

}  // namespace gatehouse::handlers
