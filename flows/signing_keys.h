// The life of a published signing key: announced in the JWKS, signing, retired (still checking), gone.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "crypto/seal.h"
#include "db/connection.h"
#include "flows/services.h"
#include "flows/token_keys.h"

namespace gatehouse::flows {

// How long a retired key goes on checking: the longest token that it can have signed (a user JWT, 24 h), and
// skew.
inline constexpr Seconds kRetiredKeyTtl{86400 + 300};

// All that may still check. A key that no entry of VAULT_KEYS opens is Error(internal), which names it.
std::vector<PublishedKey> load_signing_keys(db::Connection& db, const crypto::SealKeys& seal, Time now);

// A new key of this algorithm that signs after `announce` (at least kShortestAnnounce, so that every worker
// knows it by then, else Error(invalid_request)). The one before it is retired then; one that never signed is
// dropped. Returns its kid.
inline constexpr Seconds kShortestAnnounce{10};
std::string rotate_signing_key(db::Connection& db, const crypto::SealKeys& seal, const Actor& actor,
                               crypto::Alg alg, Seconds announce, Time now);

// Takes a key out of use, whatever its phase: workers refuse what it signed as soon as they look at the list
// again (five seconds at most). Where it signed, a new one signs at once. False: there is no such key.
bool withdraw_signing_key(db::Connection& db, const crypto::SealKeys& seal, const Actor& actor,
                          std::string_view kid, Time now);

// The kid of one that no entry of VAULT_KEYS opens; nullopt where all open.
std::optional<std::string> find_unopened_key(db::Connection& db, const crypto::SealKeys& seal, Time now);

// As rotate, at once, where no key of this algorithm signs or is about to; nullopt where there was one.
std::optional<std::string> ensure_signing_key(db::Connection& db, const crypto::SealKeys& seal,
                                              const Actor& actor, crypto::Alg alg, Time now);

enum class Phase { announced, signing, retired };
std::string_view name_of(Phase phase);
struct KeyPhase {
  std::string kid;
  std::string alg;
  Phase phase;
  Time signs_from;
  std::optional<Time> verify_until;
};
// The newest first.
std::vector<KeyPhase> list_signing_keys(db::Connection& db, Time now);

}  // namespace gatehouse::flows
