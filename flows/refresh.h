// RFC 6749 section 6, with rotation and reuse detection (RFC 9700 section 4.14.2).
#pragma once

#include <string_view>

#include "base/clock.h"
#include "db/connection.h"
#include "flows/token_pair.h"

namespace gatehouse::flows {

// Unknown, expired or revoked: Error(invalid_grant). The current token: the successor pair, once. Its
// immediate parent, within the grace and until the successor has been presented: the same pair, byte for
// byte. Anything older: the family ends, its access tokens too, and Error(invalid_grant).
TokenPair refresh(db::Connection& db, const TokenKeys& keys, const TokenTimes& times,
                  std::string_view presented, Time now);

// Ends a family and every access token of it, in one transaction. False where it had ended before.
bool end_family(db::Connection& db, std::string_view family_id, Time now);

}  // namespace gatehouse::flows
