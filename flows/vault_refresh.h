// Seeing to a fresh token of a provider, for whoever wants one: many ask, one refreshes (vault_attempt), the
// others wait for its result.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "flows/vault_attempt.h"

namespace gatehouse::flows {

struct RefreshOutcome {
  Freshness freshness = Freshness::good;
  bool refreshed = false;  // by this request, or while it waited
  bool asked = false;      // by this request: the attempt writes its own line of the log
  db::vault::Record record;
  Seconds retry_after{1};
  std::optional<RefreshAttempt>
      under_way{};  // ours, still on the line: finish it when the caller has its answer
};

enum class Wish { when_dying, always };
inline constexpr Seconds kDying{60};

// Whether there is anything to do: what a worker asks before it hands over.
bool is_fresh(const db::vault::AccessToken& token, Wish wish, Time now);

// Sees to a fresh token: refreshes, or waits for whoever does. A record that was refreshed within the last
// ten seconds is not refreshed again, whoever asks, while its token lives. Where others wait for this
// provider in all the places that it has, the answer is soon and temporary. Throws Error(not_found).
RefreshOutcome ensure_fresh(const Vault& vault, const Actor& actor, std::string_view user_id, Wish wish,
                            std::chrono::milliseconds patience = std::chrono::seconds(10));

}  // namespace gatehouse::flows
