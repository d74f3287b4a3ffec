#include "flows/vault_attempt.h"

#include <algorithm>
#include <array>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "db/vault_log.h"
#include "flows/vault_webhook.h"

namespace gatehouse::flows {

namespace {

using std::chrono::milliseconds;
using Moment = std::chrono::steady_clock::time_point;

constexpr Seconds kLease{30};
constexpr Seconds kRenewEvery{10};
constexpr Seconds kLongestObeyed{86400};  // of what a provider asks for
constexpr Seconds kLongestOnTheLine{65};  // the call itself ends after 60
constexpr milliseconds kStoreAgain{200};

struct StateRow {
  Freshness freshness;
  const char* name;
  Seconds first;    // how long until the next try, doubled with each failure
  Seconds longest;  // 0: no next try
};
// clang-format off
constexpr std::array kStates{
    StateRow{Freshness::good,          "good",          Seconds(0),   Seconds(0)},
    StateRow{Freshness::temporary,     "temporary",     Seconds(5),   Seconds(900)},
    StateRow{Freshness::limited,       "limited",       Seconds(60),  Seconds(3600)},
    StateRow{Freshness::needs_login,   "needs_login",   Seconds(0),   Seconds(0)},
    StateRow{Freshness::misconfigured, "misconfigured", Seconds(900), Seconds(21600)},
};
// clang-format on

const StateRow& row_of(outbound::Refusal refusal) {
  switch (refusal) {
    case outbound::Refusal::temporary:
      return kStates[1];
    case outbound::Refusal::limited:
      return kStates[2];
    case outbound::Refusal::needs_login:
      return kStates[3];
    case outbound::Refusal::misconfigured:
      break;
  }
  return kStates[4];
}

// Half of it for certain, the other half by chance.
Seconds jittered(Seconds wait) {
  const auto chance = static_cast<unsigned char>(crypto::random_bytes(1)[0]);
  return wait / 2 + Seconds((wait.count() - wait.count() / 2) * chance / 255);
}

std::optional<Time> next_try(const StateRow& row, int failures, std::optional<Seconds> asked_for, Time now) {
  if (row.longest == Seconds(0)) return std::nullopt;
  const int doublings = std::min(failures, 16);
  const Seconds wait = std::min(row.first * (1L << doublings), row.longest);
  if (asked_for) return now + std::clamp(*asked_for, Seconds(1), kLongestObeyed);
  return now + std::max(jittered(wait), Seconds(1));
}

void reach(const Vault& vault, Step step) {
  if (vault.after) vault.after(step);
}

// The tokens that may work, in the order in which they are sent. `in_doubt`: the digest of one that a call
// before this attempt has sent, and nobody knows what came of it.
std::vector<Secret> candidates(const Vault& vault, const db::vault::Record& record,
                               const std::optional<std::string>& in_doubt) {
  auto current = opened(vault, record.user_id, record.refresh_sealed, "refresh_sealed");
  auto rescued = opened(vault, record.user_id, record.rescued_sealed, "rescued_sealed");
  std::optional<Secret> previous;
  if (record.previous_until && *record.previous_until > vault.clock.now())
    previous = opened(vault, record.user_id, record.previous_sealed, "previous_sealed");
  const auto is_in_doubt = [&](const std::optional<Secret>& token) {
    return token && in_doubt && crypto::sha256(token->reveal()) == *in_doubt;
  };
  // A rescued one that was got with the current one says that this was used. A grace allows for that; a
  // provider without one may end the grant of whoever uses a token twice (RFC 9700 section 4.14.2).
  const auto* provider = vault.providers.find(record.provider);
  const bool has_grace = provider == nullptr || provider->grace > Seconds(0);
  const bool current_is_used = !has_grace && record.rescued_version == record.version;
  std::vector<Secret> tokens;
  const auto add = [&](std::optional<Secret>& token) {
    if (token) tokens.push_back(std::move(*token));
    token.reset();
  };
  // What may have been used is sent again before all others: a newer one may be dead since, and an older one
  // is theft.
  if (is_in_doubt(previous)) add(previous);
  if (current_is_used || is_in_doubt(rescued)) add(rescued);
  add(current);
  add(rescued);
  // The one before the current one only where no call before may have used a newer: then it is still the one
  // used last.
  if (!in_doubt) add(previous);
  return tokens;
}

}  // namespace

Freshness freshness_of(std::string_view state) {
  const auto found =
      std::find_if(kStates.begin(), kStates.end(), [&](const auto& row) { return row.name == state; });
  return found == kStates.end() ? Freshness::misconfigured : found->freshness;
}

const char* outcome_of(Freshness freshness) {
  const auto found = std::find_if(kStates.begin(), kStates.end(),
                                  [&](const auto& row) { return row.freshness == freshness; });
  return freshness == Freshness::good || found == kStates.end() ? "ok" : found->name;
}

RefreshAttempt::RefreshAttempt(Actor actor, db::vault::Record leased)
    : actor_(std::move(actor)),
      record_(std::move(leased)),
      fence_(record_.fence),
      in_doubt_(record_.intent_digest) {}

std::optional<RefreshAttempt> RefreshAttempt::start(const Vault& vault, const Actor& actor,
                                                    const db::vault::Record& seen) {
  const Time now = vault.clock.now();
  auto leased = db::vault::take_lease(vault.db, seen, now, now + kLease);
  if (!leased) return std::nullopt;
  reach(vault, Step::lease_taken);
  RefreshAttempt attempt(actor, std::move(*leased));
  attempt.renewed_at_ = now;
  if (!attempt.try_next(vault))
    attempt.fail(vault, {{}, outbound::Refusal::needs_login, {}, "nothing to refresh with"});
  return attempt;
}

// Commits the intent and starts the call with the next token that was not tried; false: there is none.
bool RefreshAttempt::try_next(const Vault& vault) {
  for (Secret& token : candidates(vault, record_, in_doubt_)) {
    const std::string digest = crypto::sha256(token.reveal());
    if (std::find(tried_.begin(), tried_.end(), digest) != tried_.end()) continue;
    tried_.push_back(digest);
    if (!db::vault::note_intent(vault.db, record_, fence_, digest, vault.clock.now())) {
      ended_ = true;  // somebody else's by now
      return true;
    }
    reach(vault, Step::intent_committed);
    call(vault, std::move(token));
    return true;
  }
  return false;
}

void RefreshAttempt::call(const Vault& vault, Secret token) {
  sent_ = std::move(token);
  const auto* provider = vault.providers.find(record_.provider);
  if (provider == nullptr) {
    fail(vault, {{}, outbound::Refusal::misconfigured, {}, "no such provider is set up"});
    return;
  }
  ticket_ = vault.https.start(outbound::refresh_call(*provider, sent_.reveal()));
  reach(vault, Step::call_started);
}

// The database away now is no reason to stop: whoever takes the lease meanwhile gets a later fence.
void RefreshAttempt::renew_if_due(const Vault& vault) {
  const Time now = vault.clock.now();
  if (now - renewed_at_ < kRenewEvery) return;
  renewed_at_ = now;
  try {
    db::vault::renew_lease(vault.db, record_, fence_, now + kLease);
  } catch (const Error& error) {
    log::error("vault_lease_not_renewed", json::Object().add("cause", error.cause()));
  }
}

bool RefreshAttempt::work(const Vault& vault, milliseconds patience) {
  const Moment end = std::chrono::steady_clock::now() + patience;
  while (!ended_) {
    renew_if_due(vault);
    const auto rest = std::chrono::ceil<milliseconds>(end - std::chrono::steady_clock::now());
    if (grant_) {
      if (std::chrono::steady_clock::now() >= store_at_ && store(vault)) break;
      if (rest.count() <= 0) return false;
      std::this_thread::sleep_for(std::min(rest, kStoreAgain));
      continue;
    }
    const auto answer = vault.https.wait(ticket_, std::clamp(rest, milliseconds(0), milliseconds(1000)));
    if (answer) {
      reach(vault, Step::answered);
      take(vault, *answer);
    } else if (rest.count() <= 0) {
      return false;
    }
  }
  return true;
}

void RefreshAttempt::finish(const Vault& vault) {
  if (work(vault, kLongestOnTheLine)) return;
  log::error("vault_pair_not_stored", json::Object().add("user_id", record_.user_id));
  vault.https.drop(ticket_);
  ended_ = true;
}

void RefreshAttempt::take(const Vault& vault, const outbound::Answer& answer) {
  const auto* provider = vault.providers.find(record_.provider);
  auto read = outbound::read_token_answer(*provider, answer);
  if (read.grant) {
    grant_ = std::move(read.grant);
    return;
  }
  if (read.refusal == outbound::Refusal::needs_login) {
    // What another left here meanwhile counts, too.
    const auto latest = db::vault::find(vault.db, record_.user_id);
    if (latest && latest->grant_id == record_.grant_id && latest->fence == fence_) {
      record_ = *latest;
      if (try_next(vault)) return;
    }
  }
  fail(vault, read);
}

// False: it could not be stored now, try again.
bool RefreshAttempt::store(const Vault& vault) {
  try {
    if (grant_->access_token.empty()) {
      rescue(vault);
      fail(vault, {{}, outbound::Refusal::temporary, {}, "of the answer only the refresh token makes sense"});
    } else {
      store_pair(vault);
    }
  } catch (const Error& error) {
    // Whatever it is: until the line is given up, this is the only copy of the pair.
    if (store_at_ == Moment{}) {
      log::error("vault_pair_not_stored_yet", json::Object()
                                                  .add("user_id", record_.user_id)
                                                  .add("why", error.what())
                                                  .add("cause", error.cause()));
    }
    store_at_ = std::chrono::steady_clock::now() + kStoreAgain;
    return false;
  }
  ended_ = true;
  reach(vault, Step::stored);
  return true;
}

void RefreshAttempt::store_pair(const Vault& vault) {
  const Time now = vault.clock.now();
  const std::string& user = record_.user_id;
  const bool rotated = !grant_->refresh_token.empty() && grant_->refresh_token.reveal() != sent_.reveal();
  const auto sealed = [&](std::string_view token, const char* column) {
    return crypto::seal(vault.seal, token, vault_place(column, user));
  };
  db::vault::Refreshed pair;
  pair.user_id = user;
  pair.grant_id = record_.grant_id;
  pair.fence = fence_;
  pair.access_sealed = sealed(grant_->access_token.reveal(), "access_sealed");
  pair.refresh_sealed = sealed(rotated ? grant_->refresh_token.reveal() : sent_.reveal(), "refresh_sealed");
  const auto* provider = vault.providers.find(record_.provider);
  if (rotated && provider->grace > Seconds(0)) {
    pair.previous_sealed = sealed(sent_.reveal(), "previous_sealed");
    pair.previous_until = now + provider->grace;
  }
  pair.expires_at = now + grant_->lifetime;
  pair.refresh_at = std::max(time_to_refresh(now, pair.expires_at, user), now + kJustNow);
  auto tx = vault.db.begin();
  const bool stored = db::vault::store(tx, pair, now);
  if (stored) note(vault, tx, "ok");
  if (stored && record_.state == "needs_login")
    tell_webhook(tx, vault, VaultNews::works_again, user, record_.provider);
  tx.commit();
  if (!stored) rescue(vault);
}

// Our fence is stale, or the commit before went through and only its answer was lost: then the record holds
// this very token, and there is nothing to keep.
void RefreshAttempt::rescue(const Vault& vault) {
  auto tx = vault.db.begin();
  const auto latest = db::vault::find(tx, record_.user_id);
  const bool same_grant = latest && latest->grant_id == record_.grant_id;
  const std::string_view token = grant_->refresh_token.reveal();
  bool kept = false;
  if (same_grant && !token.empty()) {
    const auto current = opened(vault, latest->user_id, latest->refresh_sealed, "refresh_sealed");
    if (current && current->reveal() == token) return;
    kept = db::vault::rescue(tx, record_,
                             crypto::seal(vault.seal, token, vault_place("rescued_sealed", record_.user_id)));
  }
  note(vault, tx, kept ? "rescued" : "late");
  tx.commit();
  if (kept) log::info("vault_token_rescued", json::Object().add("user_id", record_.user_id));
}

void RefreshAttempt::note(const Vault& vault, db::Tx& tx, const char* outcome) {
  db::vault_log::add(tx, {record_.user_id, vault.clock.now(), "refresh", outcome, actor_.name,
                          actor_.client_address, actor_.request_id});
  has_logged_ = true;
}

void RefreshAttempt::fail(const Vault& vault, const outbound::TokenAnswer& answer) {
  ended_ = true;
  const Time now = vault.clock.now();
  const StateRow& row = row_of(answer.refusal);
  log::info("vault_refresh_failed",
            json::Object().add("user_id", record_.user_id).add("as", row.name).add("why", answer.why));
  try {
    auto tx = vault.db.begin();
    const bool ours = db::vault::fail(tx, record_, fence_, row.name,
                                      next_try(row, record_.failures, answer.retry_after, now),
                                      !in_doubt_ && row.freshness != Freshness::temporary, now);
    if (ours && row.freshness == Freshness::limited)
      db::vault::limit(tx, record_.provider,
                       now + std::min(answer.retry_after.value_or(row.first), kLongestObeyed));
    if (ours && row.freshness == Freshness::needs_login && record_.state != row.name)
      tell_webhook(tx, vault, VaultNews::needs_login, record_.user_id, record_.provider);
    note(vault, tx, row.name);
    tx.commit();
  } catch (const Error& error) {
    if (error.code() != Errc::unavailable) throw;  // else the lease runs out by itself
  }
}

}  // namespace gatehouse::flows
