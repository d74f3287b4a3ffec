#include "flows/vault_webhook.h"

#include "base/json.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "flows/outbox.h"

namespace gatehouse::flows {

namespace {
constexpr Seconds kOfUse{86400};
}  // namespace

void tell_webhook(db::Tx& tx, const Vault& vault, VaultNews news, std::string_view user_id,
                  std::string_view provider) {
  if (!vault.has_webhook) return;
  const Time now = vault.clock.now();
  const std::string body = json::Object()
                               .add("id", "evt_" + crypto::random_id(16))
                               .add("event", news == VaultNews::needs_login ? "needs_login" : "works_again")
                               .add("user_id", user_id)
                               .add("provider", provider)
                               .add("at", to_rfc3339(now))
                               .str();
  db::outbox::insert(tx, outbox_message(vault.seal, kVaultWebhookKind, body, kOfUse, now));
}

outbound::Call webhook_call(const std::string& url, const Secret& secret, const std::string& body, Time now) {
  const std::string at = std::to_string(unix_seconds(now));
  const std::string signature = crypto::hex(crypto::hmac_sha256(secret.reveal(), at + "." + body));
  outbound::Call call;
  call.url = url;
  call.headers = {{"Content-Type", "application/json"},
                  {"User-Agent", "gatehouse/" GATEHOUSE_VERSION},
                  {"X-Gatehouse-Signature", "t=" + at + ",v1=" + signature}};
  call.body = body;
  return call;
}

}  // namespace gatehouse::flows
