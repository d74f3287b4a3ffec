#include "flows/refresh.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include "base/error.h"
#include "crypto/digest.h"
#include "db/audit.h"
#include "db/revocations.h"
#include "db/token_families.h"
#include "flows/live_token.h"

namespace gatehouse::flows {

namespace {

using db::token_families::Family;
using db::token_families::Holder;

// What makes the successor pair, beside the family's row. It is told apart by its lines.
struct Successor {
  std::string refresh_token;
  std::string access_id;  // jti
  Time issued_at;
  Seconds ttl;
  std::string access_token{};  // only where signing once more would make another one
};

std::string packed(const Successor& successor) {
  return successor.refresh_token + "\n" + successor.access_id + "\n" +
         std::to_string(successor.issued_at.time_since_epoch().count()) + "\n" +
         std::to_string(successor.ttl.count()) + "\n" + successor.access_token;
}

std::string_view next_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

std::int64_t number_in(std::string_view text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// Of what `packed` made: it was sealed.
Successor unpacked(std::string_view text) {
  Successor successor;
  successor.refresh_token = next_line(text);
  successor.access_id = next_line(text);
  successor.issued_at = Time(Time::duration(number_in(next_line(text))));
  successor.ttl = Seconds(number_in(next_line(text)));
  successor.access_token = text;
  return successor;
}

// `row`: what find_by_locator or rotate says of the family. Twice with the same arguments: the same pair,
// unless the key that signed then has been withdrawn meanwhile, or another algorithm is set; then the newer
// one signs the same.
template <class Row>
TokenPair pair_of(const TokenKeys& keys, const Row& row, const Successor& successor, Time now) {
  const Time ends = access_end(successor.ttl, row.expires_at, successor.issued_at);
  std::string access = successor.access_token;
  if (access.empty()) {
    const Grant grant{row.family_id, row.client_id, row.subject, row.subject_tenant.value_or(""),
                      row.subject_version};
    const Time at = keys.can_sign(Kind::access, successor.issued_at) ? successor.issued_at : now;
    access = sign_access(keys, grant, successor.access_id, ends, successor.issued_at, at);
  }
  return {std::move(access), successor.refresh_token,
          std::chrono::duration_cast<Seconds>(ends - successor.issued_at)};
}

// One refresh, and what it works with.
class Attempt {
 public:
  Attempt(db::Connection& db, Replays& replays, const TokenKeys& keys, const TokenTimes& times,
          const RefreshToken& presented, Time now)
      : db_(db),
        replays_(replays),
        keys_(keys),
        times_(times),
        presented_(presented),
        now_(now),
        locator_(presented.locator_hash()),
        hash_(presented.hash()) {}

  // The winner's way: the successor pair, if the token is the current one and no other caller was faster.
  std::optional<TokenPair> rotate() {
    // Before anything is written: what is rotated must be answered.
    if (!keys_.can_sign(Kind::access, now_)) throw Error(Errc::unavailable, {}, "no key signs access tokens");
    const RefreshToken next = presented_.successor(keys_);
    Successor successor{next.text(), new_token_id(), now_, times_.access};
    if (!keys_.signs_alike()) {
      const auto family = find();
      if (!family || !is_current(*family)) return std::nullopt;
      successor.access_token = pair_of(keys_, *family, successor, now_).access_token;
    }
    db::token_families::Rotation rotation{locator_, hash_, next.hash(), "", now_ + times_.access};
    if (times_.grace > Seconds(0))
      rotation.replay = replays_.seal(db_, presented_, packed(successor), times_.grace, now_);
    const auto holder = db::token_families::rotate(db_, rotation, now_);
    if (!holder) return std::nullopt;
    return pair_of(keys_, *holder, successor, now_);
  }

  // Everybody else's: the same pair for a retry in the grace, else Error(invalid_grant), and the family's end
  // where the token was used up before.
  TokenPair repeat(const Actor& actor) {
    const auto family = find();
    if (family && family->subject_ended) throw Error(Errc::invalid_grant, {}, "the user's tokens have ended");
    if (!family || family->is_over(now_)) throw Error(Errc::invalid_grant);
    if (is_current(*family))
      throw Error(Errc::invalid_grant, {}, "the family or its client changed meanwhile");
    if (is_retry(*family)) return replayed(*family);
    // A damaged or invented token proves nothing against whoever holds the real one. That the parent was
    // issued its row knows, also when the secret that stamped it is gone.
    if (!is_parent(*family) && !presented_.was_issued(keys_)) throw Error(Errc::invalid_grant);
    end_family(db_, actor, family->family_id, FamilyEnd::reuse, now_);
    throw Error(Errc::invalid_grant, {}, "refresh token reuse, family " + family->family_id + " ended");
  }

 private:
  std::optional<Family> find() { return db::token_families::find_by_locator(db_, locator_, now_); }
  bool is_current(const Family& family) const {
    return crypto::equal_constant_time(family.current_hash, hash_);
  }
  bool is_parent(const Family& family) const {
    return family.parent_hash && crypto::equal_constant_time(*family.parent_hash, hash_);
  }

  // With the immediate parent: a client that never saw our answer, or several that shared one token.
  bool is_retry(const Family& family) const {
    return is_parent(family) && family.rotated_at && now_ < *family.rotated_at + times_.grace;
  }
  // What does not open was sealed by another release, or under a shorter grace: no reason to end the family.
  TokenPair replayed(const Family& family) {
    const auto text = family.replay ? replays_.open(db_, presented_, *family.replay) : std::nullopt;
    if (!text) throw Error(Errc::invalid_grant, {}, "the successor pair cannot be given again");
    return pair_of(keys_, family, unpacked(*text), now_);
  }

  db::Connection& db_;
  Replays& replays_;
  const TokenKeys& keys_;
  const TokenTimes& times_;
  const RefreshToken& presented_;
  const Time now_;
  const std::string locator_;
  const std::string hash_;
};

}  // namespace

TokenPair refresh(db::Connection& db, Replays& replays, const TokenKeys& keys, const TokenTimes& times,
                  const Actor& actor, std::string_view presented, Time now) {
  const auto token = RefreshToken::parse(presented);
  if (!token) throw Error(Errc::invalid_grant);
  Attempt attempt(db, replays, keys, times, *token, now);
  if (auto pair = attempt.rotate()) return *std::move(pair);
  return attempt.repeat(actor);
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
