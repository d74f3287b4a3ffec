// A token that is genuine, in its time, and not revoked: the question every guarded request asks.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "flows/revocations.h"
#include "flows/token_keys.h"

namespace gatehouse::flows {

// nullopt for whatever reason the token is not good. Throws Error(unavailable) where that cannot be known.
std::optional<crypto::Claims> live_claims(Revocations& revocations, const TokenKeys& keys, Kind kind,
                                          std::string_view token, Time now);

// A revocation of whatever the key names, at any version.
inline constexpr std::int64_t kEveryVersion = std::numeric_limits<std::int64_t>::max();

// When a revocation starts that must not wait for anybody's clock: before all time.
inline constexpr Time kAtOnce{};

// What stands in `revocations.key`.
std::string token_key(std::string_view jti);         // one token
std::string family_key(std::string_view family_id);  // all of a family of refresh tokens
std::string client_key(std::string_view client_id);  // the service's own JWTs below a version
std::string pairs_key(std::string_view client_id);   // everything that a service ever generated for users
std::string subject_key(std::string_view user_id);   // a user's tokens below a version
std::string tenant_key(std::string_view tenant_id);  // the tokens of all users of a tenant

}  // namespace gatehouse::flows
