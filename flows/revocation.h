// RFC 7009: ending a token on request of the client that it belongs to.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "db/connection.h"
#include "flows/services.h"
#include "flows/token_keys.h"

namespace gatehouse::flows {

// Who asks. An administrator may end anybody's token.
struct Revoker {
  const Actor& actor;  // its name is the client's id
  bool is_admin;
};

// An access or refresh token ends its whole pair; a service JWT ends alone. A token that is unknown, already
// ended or somebody else's changes nothing, and nobody is told which (RFC 7009 section 2.2). What ends has
// its line in the audit log.
void revoke_token(db::Connection& db, const TokenKeys& keys, const Revoker& who, std::string_view token,
                  Time now);

// After a leak: ends every pair that there is, in batches, and says how many.
std::int64_t end_all_pairs(db::Connection& db, const Actor& actor, Time now);

}  // namespace gatehouse::flows
