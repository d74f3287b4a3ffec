// One refresh at a provider, by whoever holds the lease on its record. A refresh token there works once, and
// processes die at the worst moment: so there is a lease with a fence, the intent is committed before the
// call, the pair before anybody is told, and what comes too late is kept. No transaction is open during a
// call.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flows/vault.h"

namespace gatehouse::flows {

// How the last refresh of a record ended.
enum class Freshness {
  good,           // the record's access token is fresh
  temporary,      // try again later
  limited,        // not before retry_after
  needs_login,    // the grant is at its end
  misconfigured,  // refused for another reason
};

// By the name that the record's state has in the database.
Freshness freshness_of(std::string_view state);
// As the log calls it: ok, or the state.
const char* outcome_of(Freshness freshness);

class RefreshAttempt {
 public:
  // Takes the lease on the record as it was seen, commits the intent and starts the call. nullopt: somebody
  // else is at it, or was at it since.
  static std::optional<RefreshAttempt> start(const Vault& vault, const Actor& actor,
                                             const db::vault::Record& seen);

  // Works on it for so long at most. True: it has ended, and the record says how.
  bool work(const Vault& vault, std::chrono::milliseconds patience);
  // Until it has ended, or nothing can come any more.
  void finish(const Vault& vault);

  // For as long as this works on it.
  void keep(outbound::Place place) { place_ = std::move(place); }

  // Every one does, but where its lease was gone before anything was sent, or the database is away.
  bool has_logged() const { return has_logged_; }
  outbound::Https::Ticket ticket() const { return ticket_; }
  const std::string& user_id() const { return record_.user_id; }
  const std::string& provider() const { return record_.provider; }

 private:
  RefreshAttempt(Actor actor, db::vault::Record leased);
  bool try_next(const Vault& vault);
  void call(const Vault& vault, Secret token);
  void take(const Vault& vault, const outbound::Answer& answer);
  bool store(const Vault& vault);
  void store_pair(const Vault& vault);
  void rescue(const Vault& vault);
  void note(const Vault& vault, db::Tx& tx, const char* outcome);
  void fail(const Vault& vault, const outbound::TokenAnswer& answer);
  void renew_if_due(const Vault& vault);

  Actor actor_;
  db::vault::Record record_;
  std::int64_t fence_;
  std::optional<std::string> in_doubt_;  // what a call before has sent, as a digest: it may have been used
  Secret sent_;
  std::vector<std::string> tried_;  // digests
  outbound::Https::Ticket ticket_ = 0;
  std::optional<outbound::Grant> grant_;  // got, not stored yet
  std::chrono::steady_clock::time_point store_at_{};
  Time renewed_at_;
  bool ended_ = false;
  bool has_logged_ = false;
  outbound::Place place_;
};

}  // namespace gatehouse::flows
