#include "handlers/wiring.h"

#include "flows/signing_keys.h"

namespace gatehouse::handlers {

namespace {

constexpr Seconds kKeyListRetry{1};
constexpr Seconds kKeyListRenewal{4};

void load_key_list(Services& services) {
  const Time now = services.clock.now();
  services.keys.publish(flows::load_signing_keys(services.db, services.seal, now));
  services.keys_loaded_at = now;
}

}  // namespace

bool key_list_is_stale(const Services& services) {
  const auto age = services.clock.now() - services.keys_loaded_at;
  return age >= kKeyListAge || age < Seconds(0);
}

const flows::TokenKeys& token_keys(Services& services, std::string_view token) {
  const auto age = services.clock.now() - services.keys_loaded_at;
  if (key_list_is_stale(services) || (age >= kKeyListRetry && services.keys.names_unknown_key(token)))
    load_key_list(services);
  return services.keys;
}

void renew_key_list(Services& services, std::chrono::steady_clock::time_point now) {
  if (now - services.keys_renewed_at < kKeyListRenewal) return;
  services.keys_renewed_at = now;  // also where PostgreSQL does not answer: it is not asked at each tick
  load_key_list(services);
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
