// Whose a credential is, without a statement where this worker has asked lately and nothing has changed
// since: developer tokens, tenants' keys, clients' secrets. Only digests are kept, never a credential.
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"
#include "db/connection.h"
#include "db/dev_tokens.h"
#include "db/tenants.h"
#include "flows/client_credentials.h"
#include "flows/recent_lookups.h"
#include "flows/revocations.h"

namespace gatehouse::flows {

class Credentials {
 public:
  explicit Credentials(Revocations& revocations) : revocations_(revocations) {}

  // As find_dev_token, find_key_owner and authenticate_client.
  std::optional<db::dev_tokens::Owner> dev_token(db::Connection& db, std::string_view token, Time now);
  std::optional<db::tenants::KeyOwner> tenant_key(db::Connection& db, std::string_view key, Time now);
  Client client(db::Connection& db, std::string_view client_id, std::string_view secret, Time now);

  Revocations& revocations() { return revocations_; }

 private:
  Revocations& revocations_;
  RecentLookups<db::dev_tokens::Owner> dev_tokens_{};
  RecentLookups<db::tenants::KeyOwner> tenant_keys_{};
  RecentLookups<Client> clients_{};
};

}  // namespace gatehouse::flows
