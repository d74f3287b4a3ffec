// RFC 6749 section 4.4: a service proves who it is with its secret and gets a JWT of five minutes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "db/connection.h"
#include "flows/token_keys.h"

namespace gatehouse::flows {

inline constexpr Seconds kServiceTokenTtl{300};

// A service that has just proved who it is.
struct Client {
  ServiceId id;
  std::vector<std::string> scopes;
  std::int64_t token_version = 1;
  std::optional<Time> secret_expires_at;  // set while the secret it used is on its way out

  bool has_scope(std::string_view scope) const;
};

// Throws Error(invalid_client): the same error, by the same path, whether the id or the secret is wrong.
Client authenticate_client(db::Connection& db, std::string_view client_id, std::string_view secret, Time now);

struct ServiceToken {
  std::string access_token;
  Seconds expires_in;
  std::vector<std::string> scopes;
};

// `scope` narrows (RFC 6749 section 3.3); one that is unknown or not granted is Error(invalid_scope).
ServiceToken issue_service_token(const TokenKeys& keys, const Client& client,
                                 std::optional<std::string_view> scope, Time now);

}  // namespace gatehouse::flows
