#include "flows/vault_keeper.h"

#include <algorithm>
#include <map>
#include <optional>
#include <thread>

#include "base/error.h"
#include "base/log.h"

namespace gatehouse::flows {

using std::chrono::milliseconds;
using Moment = std::chrono::steady_clock::time_point;

namespace {

constexpr milliseconds kPause{20};

bool has_ended(const Vault& vault, RefreshAttempt& attempt) {
  try {
    return attempt.work(vault, milliseconds(0));
  } catch (const Error& error) {
    log::error("vault_refresh_broken",
               json::Object().add("user_id", attempt.user_id()).add("cause", error.cause()));
    vault.https.drop(attempt.ticket());
    return true;
  }
}

}  // namespace

// The lease is taken record by record: another keeper that picked the same one finds it taken, and its time
// to be looked at moved.
std::size_t VaultKeeper::take_up(const Vault& vault) {
  if (attempts_.size() >= kSideBySide) return 0;
  const int room = static_cast<int>(kSideBySide - attempts_.size());
  std::map<std::string, std::size_t> at_provider;
  for (const auto& attempt : attempts_) ++at_provider[attempt.provider()];
  std::vector<std::string> busy;
  for (const auto& [provider, count] : at_provider) {
    if (count >= kForOneProvider) busy.push_back(provider);
  }
  std::size_t ended = 0;
  for (const auto& user_id : db::vault::due(vault.db, vault.clock.now(), room, busy)) {
    const auto record = db::vault::find(vault.db, user_id);
    if (!record || at_provider[record->provider] >= kForOneProvider) continue;
    try {
      auto attempt = RefreshAttempt::start(vault, actor_, *record);
      if (!attempt) continue;
      ++at_provider[record->provider];
      attempts_.push_back(std::move(*attempt));
    } catch (const Error& error) {
      if (error.code() == Errc::unavailable) throw;
      // Its lease keeps it from being the first again and again.
      log::error("vault_record_refused", json::Object().add("user_id", user_id).add("cause", error.cause()));
      ++ended;
    }
  }
  return ended;
}

std::size_t VaultKeeper::work(const Vault& vault, milliseconds patience) {
  const Moment end = std::chrono::steady_clock::now() + patience;
  std::size_t ended = 0;
  while (!attempts_.empty()) {
    const auto before = attempts_.size();
    std::erase_if(attempts_, [&](RefreshAttempt& attempt) { return has_ended(vault, attempt); });
    ended += before - attempts_.size();
    const auto rest = std::chrono::ceil<milliseconds>(end - std::chrono::steady_clock::now());
    if (rest.count() <= 0 || before != attempts_.size()) break;
    // Any answer ends the waiting; so does the time to renew leases. Where a pair waits for the database,
    // nothing may be under way.
    if (!vault.https.wait_any(std::min(rest, milliseconds(500))))
      std::this_thread::sleep_for(std::min(rest, kPause));
  }
  return ended;
}

std::size_t VaultKeeper::round(const Vault& vault, milliseconds patience) {
  std::size_t ended = 0;
  std::optional<Error> fault;
  try {
    ended = take_up(vault);
  } catch (const Error& error) {
    fault = error;
  }
  ended += work(vault, patience);
  if (fault) throw Error(*fault);
  return ended;
}

void VaultKeeper::drain(const Vault& vault, milliseconds patience) {
  const Moment end = std::chrono::steady_clock::now() + patience;
  while (!attempts_.empty()) {
    const auto rest = std::chrono::ceil<milliseconds>(end - std::chrono::steady_clock::now());
    if (rest.count() <= 0) return;
    work(vault, rest);
  }
}

}  // namespace gatehouse::flows
