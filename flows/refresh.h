// RFC 6749 section 6, with rotation and reuse detection (RFC 9700 section 4.14.2).
#pragma once

#include <string_view>

#include "base/clock.h"
#include "db/connection.h"
#include "flows/replays.h"
#include "flows/services.h"
#include "flows/token_pair.h"

namespace gatehouse::flows {

// Unknown, expired or revoked: Error(invalid_grant). The current token: the successor pair, once. Its
// immediate parent, within the grace and until the successor has been presented: the same pair, byte for
// byte. Anything older: the family ends, its access tokens too, and Error(invalid_grant).
// The actor is whoever presents it: named in the audit log where the family ends for it.
TokenPair refresh(db::Connection& db, Replays& replays, const TokenKeys& keys, const TokenTimes& times,
                  const Actor& actor, std::string_view presented, Time now);

// Ends a family and every access token of it, in one transaction with its line in the audit log. False where
// it had ended before.
enum class FamilyEnd { reuse, revoked };
bool end_family(db::Connection& db, const Actor& actor, std::string_view family_id, FamilyEnd why, Time now);

}  // namespace gatehouse::flows
