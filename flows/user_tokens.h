// The JWT that a user gets for a password, and how all of a user's tokens end: each carries the version that
// the user had, and a revocation ends those below the next one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/ids.h"
#include "db/connection.h"
#include "flows/services.h"
#include "flows/token_keys.h"
#include "flows/token_pair.h"

namespace gatehouse::flows {

inline constexpr Seconds kUserTokenTtl{86400};

std::string issue_user_token(const TokenKeys& keys, const TenantId& tenant, const UserId& user,
                             std::int64_t version, Time now);

// How long a revocation of all of a user's tokens must be kept: as long as the longest of them may live.
Seconds longest_user_token(const TokenTimes& times);

// In the caller's transaction, which holds the user's row. `spares`: the jti of the one token that goes on
// working.
void end_user_tokens(db::Tx& tx, const TenantId& tenant, const UserId& user, Seconds longest, Time now,
                     const std::optional<std::string>& spares = std::nullopt);

// Signs out: ends this one token.
void end_user_token(db::Connection& db, const Actor& actor, const TenantId& tenant, const UserId& user,
                    const std::string& token_id, Time expires_at, Time now);

}  // namespace gatehouse::flows
