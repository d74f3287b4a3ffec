// The life of a developer token (seed 001): created, shown, revoked, brought along from the old system. Each
// change is one transaction with its line in the audit log; a revoked one is refused from then on, for every
// check asks the database.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/secret.h"
#include "crypto/seal.h"
#include "db/connection.h"
#include "db/dev_tokens.h"
#include "flows/services.h"

namespace gatehouse::flows {

// Keeps a sealed copy of new tokens and opens those that are kept; with DEVTOKEN_REVEAL=off neither.
struct Reveal {
  const crypto::SealKeys& keys;
  bool keeps_copies;
};

inline constexpr std::size_t kLongestNote = 200;  // bytes
inline constexpr Seconds kLongestDevToken{100LL * 365 * 86400};

struct DevTokenRequest {
  TenantId tenant;
  std::string note;
  std::optional<Seconds> lives;  // nullopt: until it is revoked
};
struct NewDevToken {
  db::dev_tokens::TokenRow row;
  Secret token;  // 43 characters; shown once
};
// Error(invalid_request) for a note that is empty, too long or no plain text; Error(not_found) where there is
// no such tenant.
NewDevToken create_dev_token(db::Connection& db, const Reveal& reveal, const Actor& actor,
                             const DevTokenRequest& request, Time now);

// Whose token this is; nullopt for one that is unknown, revoked or expired, by the same path.
std::optional<db::dev_tokens::Owner> find_dev_token(db::Connection& db, std::string_view token, Time now);

// Of an administrator's; Error(not_found) where there is none of this id, however malformed.
db::dev_tokens::TokenWithCopy dev_token(db::Connection& db, std::string_view id);

// The whole token, with a line in the audit log. Error(not_found) as above, Error(conflict) where no copy is
// kept or shown or none of VAULT_KEYS opens it.
Secret reveal_dev_token(db::Connection& db, const Reveal& reveal, const Actor& actor, std::string_view id,
                        Time now);

// Error(not_found) as above. Asking twice is harmless; true where it was a change.
bool revoke_dev_token(db::Connection& db, const Actor& actor, std::string_view id, Time now);

enum class DevTokenState { active, revoked, expired };
DevTokenState state_of(const db::dev_tokens::TokenRow& token, Time now);
std::string_view name_of(DevTokenState state);

// One of another system, which goes on working under its id and text.
struct ForeignToken {
  std::string id;
  Secret token;
  std::string note;
  std::string created_by;
  Time created_at;
  std::optional<Time> last_used;
  bool revoked = false;
};
// 16 to 256 characters that may stand after "Bearer".
bool is_foreign_token(std::string_view token);

struct Imported {
  int added = 0;
  int present = 0;  // the same id and token were here already
  int revoked = 0;  // of those: they were revoked over there since
};
// All or nothing. Error(conflict), naming the id, where it is here with another token, or its token with
// another id.
Imported import_dev_tokens(db::Connection& db, const Reveal& reveal, const Actor& actor,
                           const TenantId& tenant, const std::vector<ForeignToken>& tokens, Time now);

}  // namespace gatehouse::flows
