// Telling VAULT_WEBHOOK_URL that a record of the vault needs a new login, or works again. At least once, and
// within a day or not at all: the outbox does the sending.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/secret.h"
#include "db/connection.h"
#include "flows/vault.h"
#include "outbound/https.h"

namespace gatehouse::flows {

inline constexpr const char* kVaultWebhookKind = "vault_webhook";

enum class VaultNews { needs_login, works_again };

// With what it tells of, in one transaction. Does nothing where there is no webhook.
void tell_webhook(db::Tx& tx, const Vault& vault, VaultNews news, std::string_view user_id,
                  std::string_view provider);

// `X-Gatehouse-Signature: t=<UNIX time>,v1=<hex of HMAC-SHA-256 over "<t>.<body>">`; the time is that of this
// sending, so that a receiver can refuse what somebody has kept.
outbound::Call webhook_call(const std::string& url, const Secret& secret, const std::string& body, Time now);

}  // namespace gatehouse::flows
