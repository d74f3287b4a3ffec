// RFC 7662: what a token is, told to a client that may ask.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "db/connection.h"
#include "flows/credentials.h"
#include "flows/token_keys.h"

namespace gatehouse::flows {

// The members of RFC 7662 section 2.2; empty or zero ones are not told.
struct Introspection {
  std::string token_type;  // "Bearer" (RFC 6749 section 7.1), or "refresh_token"
  std::string subject;
  std::string client_id;
  std::string scope;
  std::string issuer;
  std::string audience;
  std::string id;
  std::string tenant;
  std::int64_t issued_at = 0;
  std::int64_t expires_at = 0;
};

// nullopt: not active, whatever the reason.
std::optional<Introspection> introspect(db::Connection& db, Credentials& credentials, const TokenKeys& keys,
                                        std::string_view token, Time now);

}  // namespace gatehouse::flows
