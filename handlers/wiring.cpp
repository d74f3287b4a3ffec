#include "handlers/wiring.h"

#include "crypto/jwt.h"
#include "flows/signing_keys.h"

namespace gatehouse::handlers {

namespace {

constexpr Seconds kKeyListRetry{1};

bool names_unknown_key(Services& services, std::string_view token) {
  const std::string_view written = token.substr(0, token.find('.'));
  if (written == services.known_header) return false;
  const auto header = crypto::peek(token);
  if (!header) return false;
  if (!header->kid.empty() && !services.keys.knows(header->kid)) return true;
  services.known_header = written;
  return false;
}

}  // namespace

bool key_list_is_stale(const Services& services) {
  const auto age = services.clock.now() - services.keys_loaded_at;
  return age >= kKeyListAge || age < Seconds(0);
}

const flows::TokenKeys& token_keys(Services& services, std::string_view token) {
  const Time now = services.clock.now();
  const auto age = now - services.keys_loaded_at;
  if (key_list_is_stale(services) || (age >= kKeyListRetry && names_unknown_key(services, token))) {
    services.keys.publish(flows::load_signing_keys(services.db, services.seal, now));
    services.keys_loaded_at = now;
    services.known_header.clear();
  }
  return services.keys;
}

flows::Vault vault_of(Services& services) {
  flows::Vault vault{services.db,   services.https, services.providers,
                     services.seal, services.clock, !services.config.vault_webhook_url.empty()};
  vault.share = services.share;
  vault.after = services.after_step;
  return vault;
}

flows::Actor actor_of(const fcgi::Request& request) {
  return {request.caller.subject.empty() ? "anonymous" : request.caller.subject, request.client_address,
          request.request_id};
}

}  // namespace gatehouse::handlers
