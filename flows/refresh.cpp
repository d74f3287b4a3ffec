#include "flows/refresh.h"

#include <charconv>
#include <optional>
#include <string>

#include "base/error.h"
#include "crypto/digest.h"
#include "crypto/seal.h"
#include "db/audit.h"
#include "db/revocations.h"
#include "db/token_families.h"
#include "flows/live_token.h"

namespace gatehouse::flows {

namespace {

using db::token_families::Family;

// Only a holder of the parent can open the successor pair: the key is made from the parent itself.
std::string replay_key(const RefreshToken& parent) {
  return crypto::hkdf_sha256(parent.text(), "gatehouse refresh replay", 32);
}

std::string replay_place(const Family& family) { return "token_families.replay." + family.family_id; }

std::string packed(const TokenPair& pair) {
  return std::to_string(pair.expires_in.count()) + "\n" + pair.refresh_token + "\n" + pair.access_token;
}

std::optional<TokenPair> unpacked(std::string_view text) {
  const auto first = text.find('\n');
  const auto second = text.find('\n', first == std::string_view::npos ? first : first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  std::int64_t expires_in = 0;
  std::from_chars(text.data(), text.data() + first, expires_in);
  return TokenPair{std::string(text.substr(second + 1)),
                   std::string(text.substr(first + 1, second - first - 1)), Seconds(expires_in)};
}

// The winner's way: the successor pair, if no other caller was faster.
std::optional<TokenPair> rotate(db::Connection& db, const TokenKeys& keys, const TokenTimes& times,
                                const Family& family, const RefreshToken& presented, Time now) {
  const RefreshToken successor = presented.successor(keys);
  const Grant grant{family.family_id, family.client_id, family.subject, family.subject_tenant.value_or(""),
                    family.subject_version};
  const SignedAccess access = sign_access(keys, grant, times.access, family.expires_at, now);
  TokenPair pair{access.token, successor.text(),
                 std::chrono::duration_cast<Seconds>(access.expires_at - now)};

  db::token_families::Rotation rotation;
  rotation.family_id = family.family_id;
  rotation.presented_hash = presented.hash();
  rotation.successor_hash = successor.hash();
  if (times.grace > Seconds(0)) {
    rotation.replay = crypto::seal_under(replay_key(presented), packed(pair), replay_place(family));
  }
  rotation.access_expires_at = access.expires_at;
  if (!db::token_families::rotate(db, rotation, now)) return std::nullopt;
  return pair;
}

bool is_parent(const Family& family, const RefreshToken& presented) {
  return family.parent_hash && crypto::equal_constant_time(*family.parent_hash, presented.hash());
}

// A retry with the immediate parent: a client that never saw our answer, or several that shared one token.
std::optional<TokenPair> replayed(const TokenTimes& times, const Family& family,
                                  const RefreshToken& presented, Time now) {
  if (!is_parent(family, presented) || !family.replay || !family.rotated_at ||
      *family.rotated_at + times.grace <= now)
    return std::nullopt;
  const auto text = crypto::open_under(replay_key(presented), *family.replay, replay_place(family));
  return text ? unpacked(*text) : std::nullopt;
}

}  // namespace

TokenPair refresh(db::Connection& db, Revocations& revocations, const TokenKeys& keys,
                  const TokenTimes& times, const Actor& actor, std::string_view presented, Time now) {
  const auto token = RefreshToken::parse(presented);
  if (!token) throw Error(Errc::invalid_grant);
  const std::string locator = token->locator_hash();
  // Twice: the loser of a race finds the winner's successor in the second look.
  for (int look = 0; look < 2; ++look) {
    const auto family = db::token_families::find_by_locator(db, locator);
    if (!family || family->ended_at || family->expires_at <= now || family->client_disabled)
      throw Error(Errc::invalid_grant);
    if (subject_has_ended(revocations, *family, now))
      throw Error(Errc::invalid_grant, {}, "the user's tokens have ended");
    if (crypto::equal_constant_time(family->current_hash, token->hash())) {
      if (const auto pair = rotate(db, keys, times, *family, *token, now)) return *pair;
      continue;
    }
    if (const auto pair = replayed(times, *family, *token, now)) return *pair;
    // A damaged or invented token proves nothing against whoever holds the real one. That the parent was
    // issued its row knows, also when the secret that stamped it is gone.
    if (!is_parent(*family, *token) && !token->was_issued(keys)) throw Error(Errc::invalid_grant);
    end_family(db, actor, family->family_id, FamilyEnd::reuse, now);
    throw Error(Errc::invalid_grant, {}, "refresh token reuse, family " + family->family_id + " ended");
  }
  throw Error(Errc::invalid_grant, {}, "the family ended meanwhile");
}

bool end_family(db::Connection& db, const Actor& actor, std::string_view family_id, FamilyEnd why, Time now) {
  auto tx = db.begin();
  const auto access_expires_at = db::token_families::end(tx, family_id, now);
  if (!access_expires_at) {
    tx.commit();  // whoever ended it may still be waiting until that is in force: so is whoever asks again
    return false;
  }
  db::revocations::revoke(tx, {family_key(family_id), kEveryVersion, kAtOnce, *access_expires_at});
  db::audit::record(tx, {default_tenant(), now, actor.name, "token_family.ended", std::string(family_id),
                         actor.client_address, actor.request_id,
                         why == FamilyEnd::reuse ? R"({"reason":"reuse"})" : R"({"reason":"revoked"})"});
  tx.commit();
  return true;
}

}  // namespace gatehouse::flows
