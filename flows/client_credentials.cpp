#include "flows/client_credentials.h"

#include <algorithm>

#include "base/error.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "db/services.h"
#include "flows/scopes.h"

namespace gatehouse::flows {

namespace {

std::vector<std::string> narrowed(const Client& client, std::string_view scope) {
  std::vector<std::string> wanted;
  for (auto& name : split_scope(scope)) {
    if (!client.has_scope(name)) throw Error(Errc::invalid_scope);
    if (std::find(wanted.begin(), wanted.end(), name) == wanted.end()) wanted.push_back(std::move(name));
  }
  if (wanted.empty()) throw Error(Errc::invalid_scope);
  return wanted;
}

}  // namespace

bool Client::has_scope(std::string_view scope) const {
  return std::find(scopes.begin(), scopes.end(), scope) != scopes.end();
}

Client authenticate_client(db::Connection& db, std::string_view client_id, std::string_view secret,
                           Time now) {
  // An id that cannot exist is looked up all the same, as one that does not: no answer comes sooner than
  // another.
  const auto id = ServiceId::parse(client_id).value_or(ServiceId::trusted("svc_000000000000"));
  // Found by its digest: what an index takes to compare one tells nothing about a secret of 192 random bits.
  const auto service = db::services::find_by_secret(db, id, crypto::sha256(secret), now);
  if (!service || service->disabled_at) throw Error(Errc::invalid_client);
  if (!service->used) db::services::mark_used(db, id, now);
  return {id, service->scopes, service->token_version, service->secret_expires_at};
}

ServiceToken issue_service_token(const TokenKeys& keys, const Client& client,
                                 std::optional<std::string_view> scope, Time now) {
  ServiceToken token;
  token.scopes = scope ? narrowed(client, *scope) : client.scopes;
  Time expires_at = now + kServiceTokenTtl;
  // A secret that is being rotated out takes its tokens along.
  if (client.secret_expires_at && *client.secret_expires_at < expires_at)
    expires_at = *client.secret_expires_at;
  token.expires_in = Seconds(unix_seconds(expires_at) - unix_seconds(now));

  crypto::Claims claims;
  claims.subject = client.id.str();
  claims.id = crypto::random_token(16);
  claims.issued_at = unix_seconds(now);
  claims.expires_at = unix_seconds(expires_at);
  claims.scope = join_scope(token.scopes);
  claims.version = client.token_version;
  token.access_token = keys.sign(Kind::service, claims, now);
  return token;
}

}  // namespace gatehouse::flows
