// What handlers work with: references to what the main built, nothing owned but the age of the key list.
#pragma once

#include <functional>

#include "base/clock.h"
#include "base/config.h"
#include "crypto/seal.h"
#include "db/connection.h"
#include "fcgi/request.h"
#include "flows/access_log.h"
#include "flows/coze.h"
#include "flows/credentials.h"
#include "flows/passwords.h"
#include "flows/replays.h"
#include "flows/revocations.h"
#include "flows/services.h"
#include "flows/token_keys.h"
#include "flows/token_pair.h"
#include "flows/token_uses.h"
#include "flows/vault.h"
#include "flows/vault_usage.h"
#include "outbound/https.h"
#include "outbound/share.h"

namespace gatehouse::handlers {

struct Services {
  const Config& config;
  db::Connection& db;
  flows::Revocations& revocations;
  flows::Credentials& credentials;
  flows::TokenKeys& keys;
  const crypto::SealKeys& seal;
  const Clock& clock;
  flows::TokenTimes times;
  const flows::Passwords& passwords;
  flows::AccessLog& access_log;
  outbound::Https& https;
  flows::TokenUses& token_uses;
  const flows::Coze& coze;
  const outbound::Providers& providers;
  flows::VaultUsage& vault_usage;
  flows::Replays& replays;
  bool may_call_out;  // false: whoever must ask a provider hands over to the outbound pool
  const outbound::Share* share = nullptr;  // of the workers that may wait for one upstream; none: no bound
  std::function<void(flows::Step)> after_step{};  // tests stop a worker there
  Time keys_loaded_at{};                          // of the published keys
  std::chrono::steady_clock::time_point keys_renewed_at{};
};

// The keys, with what was announced or retired up to kKeyListAge ago. A token that names a key which is not
// among them has the list read again, at most once a second.
inline constexpr Seconds kKeyListAge{5};
const flows::TokenKeys& token_keys(Services& services, std::string_view token = {});
bool key_list_is_stale(const Services& services);
// Between two requests, each second or so: then hardly a check waits for the list, and none goes by one that
// a clock set back makes look young.
void renew_key_list(Services& services, std::chrono::steady_clock::time_point now);

flows::Vault vault_of(Services& services);

// For the audit log.
flows::Actor actor_of(const fcgi::Request& request);

}  // namespace gatehouse::handlers
