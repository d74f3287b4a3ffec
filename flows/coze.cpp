#include "flows/coze.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/url.h"
#include "crypto/claims.h"
#include "crypto/digest.h"
#include "crypto/jwt.h"
#include "crypto/random.h"
#include "db/coze_answers.h"

namespace gatehouse::flows {

namespace {

constexpr Seconds kAssertionTtl{600};
constexpr std::size_t kShownOfGarbage = 4096;
constexpr std::chrono::milliseconds kLook{25};
// A caller that died in the middle blocks the others no longer than this beyond the call's own deadline.
constexpr std::chrono::milliseconds kLeaseMargin{2'000};

crypto::Key rsa_key(std::string_view pem, const std::string& kid, const std::string& where) {
  try {
    auto key = crypto::Key::from_private_pem(pem, kid);
    if (key.alg() == crypto::Alg::rs256) return key;
  } catch (const std::invalid_argument& reason) {
    throw std::invalid_argument(where + ": " + reason.what());
  }
  throw std::invalid_argument(where + ": must be an RSA key");
}

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file.is_open()) throw std::invalid_argument("JWT_PRIVATE_KEY_DIR: cannot be read: " + path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

json::Object key_description(const Coze& coze, const crypto::Key& key) {
  json::Object description;
  description.add("url", coze.settings().url).add("app", coze.settings().app_id).add("kid", key.kid());
  return description;
}

// What makes two requests the same, and two requests ask under the same key. As JSON, so that no text can
// pass as two.
std::string answer_id(const Coze& coze, const crypto::Key& key, std::int64_t duration) {
  return crypto::hex(crypto::sha256(key_description(coze, key).add("duration", duration).str()));
}
std::string key_id(const Coze& coze, const crypto::Key& key) {
  return crypto::hex(crypto::sha256(key_description(coze, key).str()));
}

std::string aad(const std::string& id) { return "coze_answers.sealed:" + id; }

// How long the answer may be used: until shortly before Coze's token expires, which is a UNIX time.
std::optional<Time> good_until(const CozeAnswer& answer, Time now) {
  if (answer.kind != CozeAnswer::Kind::token) return std::nullopt;
  const auto document = json::Document::parse(answer.body);
  const auto expires = document.root().find("expires_in")->integer().value_or(0);
  const std::int64_t left = expires - unix_seconds(now);
  if (left <= 1 || left > 2LL * 86400) return std::nullopt;
  return from_unix_seconds(expires - std::clamp<std::int64_t>(left / 10, 1, 60));
}

bool is_token(const json::Value& body) {
  const auto token = body.find("access_token");
  const auto expires = body.find("expires_in");
  return token && token->text() && !token->text()->empty() && expires && expires->integer();
}

CozeAnswer judged(const outbound::Answer& answer) {
  using Kind = CozeAnswer::Kind;
  if (answer.status == 0) return {Kind::nothing, answer.why};
  CozeAnswer garbage{Kind::garbage, answer.body.substr(0, kShownOfGarbage)};
  if (!answer.ok()) return garbage;
  try {
    const auto document = json::Document::parse(answer.body);
    return {answer.status == 200 && is_token(document.root()) ? Kind::token : Kind::refused, answer.body};
  } catch (const Error&) {
    return garbage;  // no JSON
  }
}

CozeAnswer ask(outbound::Https& https, const Coze& coze, const crypto::Key& key, std::int64_t duration,
               Time now, std::chrono::milliseconds deadline) {
  outbound::Call call;
  call.url = coze.settings().url;
  call.headers = {{"Authorization", "Bearer " + coze_assertion(coze, key, now)},
                  {"Content-Type", "application/json"},
                  {"Accept", "application/json"}};
  call.body = json::Object()
                  .add("duration_seconds", duration)
                  .add("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")
                  .str();
  call.deadline = deadline;
  return judged(outbound::exchange(https, call));
}

// As it lies in the database: the kind in one character, then the body.
std::string packed(const CozeAnswer& answer) {
  return std::string(1, static_cast<char>('0' + static_cast<int>(answer.kind))) + answer.body;
}
std::optional<CozeAnswer> unpacked(const crypto::SealKeys& seal, const std::string& id,
                                   const std::optional<std::string>& sealed) {
  const auto text = sealed ? crypto::open(seal, *sealed, aad(id)) : std::nullopt;
  if (!text || text->empty()) return std::nullopt;
  return CozeAnswer{static_cast<CozeAnswer::Kind>(text->front() - '0'), text->substr(1)};
}

// The answer that is good still, or the one that this caller has waited for and that ended badly: ten others
// that wait shall not each try again.
std::optional<CozeAnswer> usable(const crypto::SealKeys& seal, const std::string& id,
                                 const db::coze_answers::Row& row, std::optional<std::int64_t> waits_after,
                                 Time now) {
  const bool is_good = row.good_until && *row.good_until > now;
  const bool has_ended = waits_after && row.calls > *waits_after;
  return is_good || has_ended ? unpacked(seal, id, row.sealed) : std::nullopt;
}

CozeAnswer crowded() { return {CozeAnswer::Kind::crowded, {}}; }

bool is_granted(outbound::Place& place) {
  for (;;) {
    const auto turn = place.turn();
    if (turn != outbound::Turn::later) return turn == outbound::Turn::granted;
    std::this_thread::sleep_for(kLook);
  }
}

}  // namespace

Coze::Coze(CozeSettings settings) : settings_(std::move(settings)) {
  if (!settings_.private_key.empty()) any_ = rsa_key(settings_.private_key.reveal(), "", "JWT_PRIVATE_KEY");
  if (settings_.key_folder.empty()) return;
  std::error_code unreadable;
  for (const auto& entry : std::filesystem::directory_iterator(settings_.key_folder, unreadable)) {
    if (entry.path().extension() != ".pem") continue;
    const std::string kid = entry.path().stem();
    keys_.emplace(kid, rsa_key(contents(entry.path()), kid, "JWT_PRIVATE_KEY_DIR: " + kid + ".pem"));
  }
  if (unreadable) throw std::invalid_argument("JWT_PRIVATE_KEY_DIR: cannot be read: " + settings_.key_folder);
  if (keys_.empty()) throw std::invalid_argument("JWT_PRIVATE_KEY_DIR: has no .pem file");
}

bool Coze::is_api_key(std::string_view text) const {
  // Of digests: not even the length shows.
  return crypto::equal_constant_time(crypto::sha256(text), crypto::sha256(settings_.api_key.reveal()));
}

std::optional<crypto::Key> Coze::key(std::string_view kid) const {
  if (any_) return any_->named(std::string(kid));
  const auto found = keys_.find(kid);
  if (found == keys_.end()) return std::nullopt;
  return found->second;
}

std::string coze_assertion(const Coze& coze, const crypto::Key& key, Time now) {
  const auto& settings = coze.settings();
  crypto::Claims claims;
  claims.issuer = settings.app_id.empty() ? std::string(settings.api_key.reveal()) : settings.app_id;
  const auto url = parse_url(settings.url);
  claims.audience = url ? url->host : "";
  claims.issued_at = unix_seconds(now);
  claims.expires_at = unix_seconds(now + kAssertionTtl);
  claims.id = crypto::random_token(24);
  return crypto::sign(key, "JWT", crypto::to_json(claims));
}

CozeAnswer coze_token(db::Connection& db, outbound::Https& https, const crypto::SealKeys& seal,
                      const Coze& coze, const crypto::Key& key, std::int64_t duration, const Clock& clock,
                      const CozePatience& patience, const outbound::Share* share) {
  duration = std::min(duration, kLongestCozeToken);
  outbound::Place place = share != nullptr ? share->at("coze") : outbound::Place();
  if (!coze.settings().uses_cache) {
    if (!is_granted(place)) return crowded();
    return ask(https, coze, key, duration, clock.now(), patience.call);
  }
  const std::string id = answer_id(coze, key, duration);
  const db::coze_answers::Lease lease{key_id(coze, key), crypto::random_token(12)};
  const auto end = std::chrono::steady_clock::now() + patience.others;
  std::optional<std::int64_t> waits_after;  // how many calls had ended when this one began to wait
  for (bool held = false;;) {
    const Time now = clock.now();
    const auto row = db::coze_answers::find(db, id, lease.key_id, now);
    if (auto answer = usable(seal, id, row, waits_after, now)) {
      if (held) db::coze_answers::end_lease(db, lease.key_id, lease.lease, now);
      return *answer;
    }
    // Looked at once more with the lease in hand: whoever had it before may have stored what is wanted here.
    if (held) break;
    const auto turn = place.turn();
    if (turn == outbound::Turn::crowded) return crowded();
    held =
        turn == outbound::Turn::granted && !row.leased &&
        db::coze_answers::take_lease(db, lease.key_id, lease.lease, now, now + patience.call + kLeaseMargin);
    if (held) continue;
    if (!waits_after) waits_after = row.calls;
    if (std::chrono::steady_clock::now() >= end)
      return {CozeAnswer::Kind::nothing, "another call under this key did not end"};
    std::this_thread::sleep_for(kLook);
  }
  auto answer = ask(https, coze, key, duration, clock.now(), patience.call);
  try {
    const Time now = clock.now();
    db::coze_answers::store(db, lease, id, crypto::seal(seal, packed(answer), aad(id)),
                            good_until(answer, now), now);
  } catch (const Error& error) {
    // The answer is here and goes out; whoever waits for it asks again when the lease ends.
    log::error("coze_answer_not_kept", json::Object().add("cause", error.cause()));
  }
  return answer;
}

}  // namespace gatehouse::flows
