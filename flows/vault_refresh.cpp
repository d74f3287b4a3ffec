#include "flows/vault_refresh.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "base/error.h"
#include "outbound/share.h"

namespace gatehouse::flows {

namespace {

using std::chrono::milliseconds;
using Moment = std::chrono::steady_clock::time_point;

constexpr Seconds kCallerWaits{10};
constexpr milliseconds kLook{40};

}  // namespace

bool is_fresh(const db::vault::AccessToken& token, Wish wish, Time now) {
  const bool just_now = token.refreshed_at && now - *token.refreshed_at < kJustNow;
  // Its whole life may be shorter than what counts as dying.
  if (just_now && token.expires_at > now) return true;
  return wish == Wish::when_dying && token.expires_at - now >= kDying;
}

namespace {

// What the record says without asking anybody; nullopt: the provider must be asked.
std::optional<Freshness> known_answer(const db::vault::Record& record, Wish wish, Time now) {
  if (is_fresh(record, wish, now)) return Freshness::good;
  if (!record.refresh_sealed) return Freshness::needs_login;
  const Freshness last = freshness_of(record.state);
  if (last == Freshness::good) return std::nullopt;
  if (record.failed_at && now - *record.failed_at < kJustNow) return last;
  // Who demands it may ask again sooner than the schedule, but never sooner than the provider has said.
  if (wish == Wish::always && last != Freshness::limited) return std::nullopt;
  if (!record.refresh_at || *record.refresh_at > now) return last;
  return std::nullopt;
}

Seconds until(std::optional<Time> time, Time now) {
  if (!time || *time <= now) return Seconds(1);
  return std::chrono::ceil<Seconds>(*time - now);
}

}  // namespace

RefreshOutcome ensure_fresh(const Vault& vault, const Actor& actor, std::string_view user_id, Wish wish,
                            milliseconds patience) {
  const Moment end = std::chrono::steady_clock::now() + patience;
  std::optional<std::int64_t> first_version;
  bool asked = false;
  std::optional<outbound::Place> place;
  for (;;) {
    auto found = db::vault::find(vault.db, user_id);
    if (!found) throw Error(Errc::not_found, "User not found");
    RefreshOutcome outcome;
    outcome.asked = asked;
    outcome.record = std::move(*found);
    const auto& record = outcome.record;
    if (!first_version) first_version = record.version;
    const Time now = vault.clock.now();
    const bool leased = record.lease_until && *record.lease_until > now;
    const bool moved = record.version != *first_version && record.expires_at > now;
    const auto known = moved ? Freshness::good : leased ? std::nullopt : known_answer(record, wish, now);
    if (known || (leased && is_fresh(record, wish, now))) {
      outcome.freshness = known.value_or(Freshness::good);
      outcome.refreshed = moved || (wish == Wish::always && outcome.freshness == Freshness::good);
      outcome.retry_after = until(record.refresh_at, now);
      return outcome;
    }
    outcome.freshness = Freshness::temporary;
    const auto rest = std::chrono::ceil<milliseconds>(end - std::chrono::steady_clock::now());
    const bool hopeless = leased && record.leased_at && now - *record.leased_at >= kCallerWaits;
    if (rest.count() <= 0 || hopeless) return outcome;
    // One's own look at the record needs no place: what another brings meanwhile is for all.
    if (!place) place = vault.share != nullptr ? vault.share->at(record.provider) : outbound::Place();
    const auto turn = place->turn();
    if (turn == outbound::Turn::crowded) {
      outcome.retry_after = outbound::kAfterTheCrowd;
      return outcome;
    }
    if (leased || turn == outbound::Turn::later) {
      std::this_thread::sleep_for(std::min(rest, kLook));
      continue;
    }
    auto attempt = RefreshAttempt::start(vault, actor, record);
    const bool is_over = !attempt || attempt->work(vault, rest);
    asked = asked || (attempt && attempt->has_logged());
    if (!is_over) {
      outcome.asked = true;
      attempt->keep(std::move(*place));
      outcome.under_way = std::move(attempt);
      return outcome;
    }
    // How it ended is in the record now.
  }
}

}  // namespace gatehouse::flows
