#include "flows/replays.h"

#include <charconv>

#include "base/error.h"
#include "crypto/random.h"
#include "crypto/seal.h"
#include "db/replay_keys.h"

namespace gatehouse::flows {

namespace {

constexpr std::size_t kKeyBytes = 32;

// The epoch's key serves nothing else, so no label is needed; of the token 192 bits are secret.
std::string key_of(const RefreshToken& parent, const crypto::HmacSha256& of_epoch) {
  return of_epoch.of(parent.text());
}

std::string place_of(const RefreshToken& parent) { return "token_families.replay." + parent.locator_hash(); }

}  // namespace

// Other workers do the same at the same moment: the first one's key it is, for all.
void Replays::renew(db::Connection& db, std::int64_t epoch, Seconds grace) {
  auto key = db::replay_keys::find(db, epoch);
  if (!key) {
    const Time end = from_unix_seconds((epoch + 1) * kEpoch.count());
    db::replay_keys::insert(db, epoch, crypto::random_bytes(kKeyBytes), end + grace);
    key = db::replay_keys::find(db, epoch);
  }
  // Its end has come before its beginning: this host's clock is minutes behind.
  if (!key) throw Error(Errc::unavailable, {}, "the key of this minute is gone already");
  key_ = crypto::HmacSha256(*key);
  epoch_ = epoch;
}

std::string Replays::seal(db::Connection& db, const RefreshToken& parent, std::string_view text,
                          Seconds grace, Time now) {
  const std::int64_t epoch = unix_seconds(now) / kEpoch.count();
  if (epoch != epoch_) renew(db, epoch, grace);
  return std::to_string(epoch) + ":" + crypto::seal_under(key_of(parent, *key_), text, place_of(parent));
}

std::optional<std::string> Replays::open(db::Connection& db, const RefreshToken& parent,
                                         std::string_view sealed) {
  std::int64_t epoch = 0;
  const auto [end, problem] = std::from_chars(sealed.data(), sealed.data() + sealed.size(), epoch);
  if (problem != std::errc() || end == sealed.data() + sealed.size() || *end != ':') return std::nullopt;
  const auto key = db::replay_keys::find(db, epoch);
  if (!key) return std::nullopt;
  sealed.remove_prefix(static_cast<std::size_t>(end - sealed.data()) + 1);
  return crypto::open_under(key_of(parent, crypto::HmacSha256(*key)), sealed, place_of(parent));
}

}  // namespace gatehouse::flows
