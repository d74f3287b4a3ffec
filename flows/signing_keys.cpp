#include "flows/signing_keys.h"

#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "crypto/jwk.h"
#include "crypto/random.h"
#include "db/audit.h"
#include "db/signing_keys.h"

namespace gatehouse::flows {

namespace {

std::string place_of(std::string_view kid) { return "signing_keys.private_sealed." + std::string(kid); }

void audit(db::Tx& tx, const Actor& actor, const char* action, const std::string& kid,
           const json::Object& detail, Time now) {
  db::audit::record(tx, {default_tenant(), now, actor.name, action, kid, actor.client_address,
                         actor.request_id, detail.str()});
}

std::string insert_key(db::Tx& tx, const crypto::SealKeys& seal, const Actor& actor, crypto::Alg alg,
                       Time signs_from, Time now) {
  std::string kid = crypto::random_token(12);
  const crypto::Key key = crypto::Key::generate(alg, kid);
  const std::string sealed = crypto::seal(seal, key.pkcs8().reveal(), place_of(kid));
  db::signing_keys::insert(
      tx, {kid, std::string(crypto::name_of(alg)), sealed, crypto::public_jwk(key), now, signs_from, {}});
  audit(tx, actor, "signing_key.announced", kid,
        json::Object().add("alg", crypto::name_of(alg)).add("signs_from", to_rfc3339(signs_from)), now);
  return kid;
}

// A key stops signing when a newer one of its algorithm starts.
Phase phase_of(const db::signing_keys::KeyRow& key, const std::vector<db::signing_keys::KeyRow>& all,
               Time now) {
  if (key.signs_from > now) return Phase::announced;
  const bool replaced = std::any_of(all.begin(), all.end(), [&](const auto& other) {
    return other.alg == key.alg && other.signs_from <= now && other.signs_from > key.signs_from;
  });
  return replaced ? Phase::retired : Phase::signing;
}

}  // namespace

std::vector<PublishedKey> load_signing_keys(db::Connection& db, const crypto::SealKeys& seal, Time now) {
  std::vector<PublishedKey> keys;
  for (const auto& row : db::signing_keys::list(db, now)) {
    const auto pkcs8 = crypto::open(seal, row.private_sealed, place_of(row.kid));
    // 503: another host, whose VAULT_KEYS are complete, can answer.
    if (!pkcs8) throw Error(Errc::unavailable, {}, "no entry of VAULT_KEYS opens the signing key " + row.kid);
    keys.push_back({crypto::Key::from_pkcs8(*pkcs8, row.kid), row.signs_from, row.verify_until});
  }
  return keys;
}

std::optional<std::string> find_unopened_key(db::Connection& db, const crypto::SealKeys& seal, Time now) {
  for (const auto& row : db::signing_keys::list(db, now)) {
    if (!crypto::open(seal, row.private_sealed, place_of(row.kid))) return row.kid;
  }
  return std::nullopt;
}

std::string rotate_signing_key(db::Connection& db, const crypto::SealKeys& seal, const Actor& actor,
                               crypto::Alg alg, Seconds announce, Time now) {
  if (announce < kShortestAnnounce) {
    throw Error(Errc::invalid_request,
                "A key must be announced for at least 10 seconds: workers look every five");
  }
  auto tx = db.begin();
  db::signing_keys::lock(tx);
  const Time signs_from = now + announce;
  const auto rows = db::signing_keys::list(tx, now);
  for (const auto& row : rows) {
    if (row.alg != crypto::name_of(alg)) continue;
    // One that was announced and never signed makes way: it would come back to life at its own time.
    if (row.signs_from > now) {
      db::signing_keys::remove_announced(tx, row.kid, now);
      audit(tx, actor, "signing_key.withdrawn", row.kid, {}, now);
    }
    // The signing one goes on until the new one starts, also where an earlier rotation had set its end
    // sooner.
    if (phase_of(row, rows, now) == Phase::signing) {
      const Time checks_until = signs_from + kRetiredKeyTtl;
      db::signing_keys::retire(tx, row.kid, checks_until);
      audit(tx, actor, "signing_key.retired", row.kid,
            json::Object().add("checks_until", to_rfc3339(checks_until)), now);
    }
  }
  std::string kid = insert_key(tx, seal, actor, alg, signs_from, now);
  tx.commit();
  return kid;
}

std::optional<std::string> ensure_signing_key(db::Connection& db, const crypto::SealKeys& seal,
                                              const Actor& actor, crypto::Alg alg, Time now) {
  auto tx = db.begin();
  db::signing_keys::lock(tx);
  for (const auto& row : db::signing_keys::list(tx, now)) {
    if (row.alg == crypto::name_of(alg) && !row.verify_until) return std::nullopt;
  }
  std::string kid = insert_key(tx, seal, actor, alg, now, now);
  tx.commit();
  return kid;
}

bool withdraw_signing_key(db::Connection& db, const crypto::SealKeys& seal, const Actor& actor,
                          std::string_view kid, Time now) {
  auto tx = db.begin();
  db::signing_keys::lock(tx);
  const auto rows = db::signing_keys::list(tx, now);
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row.kid == kid; });
  if (found == rows.end()) return false;
  const Phase phase = phase_of(*found, rows, now);
  if (phase == Phase::announced) {
    db::signing_keys::remove_announced(tx, found->kid, now);
    // It was to take the place of the one that signs, which goes on now.
    for (const auto& row : rows) {
      if (row.alg == found->alg && phase_of(row, rows, now) == Phase::signing)
        db::signing_keys::retire(tx, row.kid, std::nullopt);
    }
  } else {
    db::signing_keys::retire(tx, found->kid, now);
  }
  audit(tx, actor, "signing_key.withdrawn", found->kid, {}, now);
  if (phase == Phase::signing) insert_key(tx, seal, actor, crypto::alg_named(found->alg).value(), now, now);
  tx.commit();
  return true;
}

std::string_view name_of(Phase phase) {
  if (phase == Phase::announced) return "announced";
  return phase == Phase::signing ? "signing" : "retired";
}

std::vector<KeyPhase> list_signing_keys(db::Connection& db, Time now) {
  std::vector<KeyPhase> phases;
  const auto rows = db::signing_keys::list(db, now);
  phases.reserve(rows.size());
  for (const auto& row : rows) {
    phases.push_back({row.kid, row.alg, phase_of(row, rows, now), row.signs_from, row.verify_until});
  }
  return phases;
}

}  // namespace gatehouse::flows
