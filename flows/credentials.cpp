#include "flows/credentials.h"

#include <string>

#include "base/error.h"
#include "crypto/digest.h"
#include "flows/dev_tokens.h"
#include "flows/tenants.h"

namespace gatehouse::flows {

namespace {

std::string key_of(std::string_view whose) { return "credentials:" + std::string(whose); }

}  // namespace

std::string changes_of(const db::dev_tokens::Owner& owner) { return key_of(owner.tenant.str()); }
std::string changes_of(const db::tenants::KeyOwner& owner) { return key_of(owner.tenant.str()); }
std::string changes_of(const Client& client) { return key_of(client.id.str()); }
std::optional<Time> ends_at(const db::dev_tokens::Owner& owner) { return owner.expires_at; }
std::optional<Time> ends_at(const db::tenants::KeyOwner& owner) { return owner.expires_at; }
std::optional<Time> ends_at(const Client& client) { return client.secret_expires_at; }

std::optional<db::dev_tokens::Owner> Credentials::dev_token(db::Connection& db, std::string_view token,
                                                            Time now) {
  return dev_tokens_.find(revocations_, crypto::sha256(token), now,
                          [&] { return find_dev_token(db, token, now); });
}

std::optional<db::tenants::KeyOwner> Credentials::tenant_key(db::Connection& db, std::string_view key,
                                                             Time now) {
  return tenant_keys_.find(revocations_, crypto::sha256(key), now,
                           [&] { return find_key_owner(db, key, now); });
}

Client Credentials::client(db::Connection& db, std::string_view client_id, std::string_view secret,
                           Time now) {
  const auto found = clients_.find(revocations_, crypto::sha256(secret).append(client_id), now, [&] {
    return std::optional(authenticate_client(db, client_id, secret, now));
  });
  return *found;
}

}  // namespace gatehouse::flows
