#include "db/signing_keys.h"

namespace gatehouse::db::signing_keys {

namespace {

std::vector<KeyRow> to_rows(const Rows& rows) {
  std::vector<KeyRow> keys;
  for (const Row& row : rows) {
    keys.push_back({row.text("kid"), row.text("alg"), row.bytes("private_sealed"), row.text("public_jwk"),
                    row.time("announced_at"), row.time("signs_from"),
                    row.nullable(&Row::time, "verify_until")});
  }
  return keys;
}

}  // namespace

constexpr Statement kList{"signing_key_list", R"sql(
  SELECT kid, alg, private_sealed, public_jwk, announced_at, signs_from, verify_until
    FROM signing_keys WHERE verify_until IS NULL OR verify_until > $1
   ORDER BY signs_from DESC, kid)sql"};

std::vector<KeyRow> list(Connection& db, Time now) { return to_rows(db.read(kList, now)); }
std::vector<KeyRow> list(Tx& tx, Time now) { return to_rows(tx.run(kList, now)); }

// SHARE ROW EXCLUSIVE conflicts with itself and with writers; those who read are not held up.
constexpr Statement kLock{"signing_key_lock", R"sql(
  LOCK TABLE signing_keys IN SHARE ROW EXCLUSIVE MODE)sql"};

void lock(Tx& tx) { tx.run(kLock); }

constexpr Statement kInsert{"signing_key_insert", R"sql(
  INSERT INTO signing_keys (kid, alg, private_sealed, public_jwk, announced_at, signs_from, verify_until)
  VALUES ($1, $2, $3, $4, $5, $6, $7))sql"};

void insert(Tx& tx, const KeyRow& key) {
  tx.run(kInsert, key.kid, key.alg, Bytes{key.private_sealed}, key.public_jwk, key.announced_at,
         key.signs_from, key.verify_until);
}

constexpr Statement kRemoveAnnounced{"signing_key_remove_announced", R"sql(
  DELETE FROM signing_keys WHERE kid = $1 AND signs_from > $2)sql"};

void remove_announced(Tx& tx, std::string_view kid, Time now) { tx.run(kRemoveAnnounced, kid, now); }

constexpr Statement kRetire{"signing_key_retire", R"sql(
  UPDATE signing_keys SET verify_until = $2 WHERE kid = $1 AND verify_until IS DISTINCT FROM $2)sql"};

bool retire(Tx& tx, std::string_view kid, std::optional<Time> verify_until) {
  return tx.run(kRetire, kid, verify_until).affected() > 0;
}

}  // namespace gatehouse::db::signing_keys
