// The vault (seed 000): third-party tokens, sealed, saved and read. How they are refreshed is
// vault_refresh's.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/secret.h"
#include "crypto/seal.h"
#include "db/connection.h"
#include "db/vault.h"
#include "flows/services.h"
#include "outbound/https.h"
#include "outbound/providers.h"
#include "outbound/share.h"

namespace gatehouse::flows {

// What a refresh has just done; tests stop a process there.
enum class Step { lease_taken, intent_committed, call_started, answered, stored };

// What the vault's flows work with.
struct Vault {
  db::Connection& db;
  outbound::Https& https;
  const outbound::Providers& providers;
  const crypto::SealKeys& seal;
  const Clock& clock;
  bool has_webhook = false;  // VAULT_WEBHOOK_URL
  std::function<void(Step)> after{};
  const outbound::Share* share = nullptr;  // of the workers that may wait for one provider
};

struct NewTokens {
  std::string user_id;
  std::string provider;
  std::string access_token;
  std::optional<std::string> refresh_token;
  Time expires_at;
};

// Saves them as a new grant. Whoever may not replace is refused where there is a record already, which its
// log says.
enum class Saved { created, replaced, refused };
Saved save_tokens(const Vault& vault, const Actor& actor, const NewTokens& tokens, bool may_replace);
// False: there was none.
bool delete_tokens(const Vault& vault, const Actor& actor, std::string_view user_id);

// What is sealed in that column of it, if anything. These throw Error(internal), which names the record and
// nothing of its content, where one does not open.
std::optional<Secret> opened(const Vault& vault, std::string_view user_id,
                             const std::optional<std::string>& sealed, const char* column);
std::string open_access_token(const Vault& vault, const db::vault::AccessToken& token);
std::string open_refresh_token(const Vault& vault, const db::vault::Record& record);

// Whoever wants a refresh so soon after another gets what that one brought.
inline constexpr Seconds kJustNow{10};

// When the keeper is to look: at three quarters of a life, and some a little sooner, so that not all come at
// once.
Time time_to_refresh(Time now, Time expires_at, std::string_view user_id);

// `gh_` and 32 characters; shown once.
struct NewHandle {
  std::string id;
  Secret handle;
};
NewHandle make_handle(const Vault& vault, const Actor& actor, std::string_view user_id);
bool revoke_handle(const Vault& vault, const Actor& actor, std::string_view user_id,
                   std::string_view handle_id);
std::optional<db::vault::HandleOwner> owner_of_handle(const Vault& vault, std::string_view handle);

// Where a sealed value belongs.
std::string vault_place(std::string_view column, std::string_view user_id);

}  // namespace gatehouse::flows
