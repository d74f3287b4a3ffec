#include "flows/seal_keys.h"

#include "crypto/digest.h"
#include "db/sealed.h"

namespace gatehouse::flows {

namespace {

constexpr int kBatch = 200;

std::string fingerprint_of(const crypto::SealKey& key) {
  return crypto::hkdf_sha256(key.bytes.reveal(), "gatehouse seal key fingerprint", 16);
}

}  // namespace

void remember_seal_keys(db::Connection& db, const crypto::SealKeys& keys, Time now) {
  for (const auto& key : keys.all()) db::sealed::add_fingerprint(db, key.id, fingerprint_of(key), now);
}

std::optional<std::string> fault_of_seal_keys(db::Connection& db, const crypto::SealKeys& keys, bool in_use) {
  for (const auto& key : keys.all()) {
    const auto known = db::sealed::find_fingerprint(db, key.id);
    if (known && *known != fingerprint_of(key))
      return "the key " + key.id +
             " is another one than the database knows by that id; put the old one back, "
             "and give a new one an id of its own";
  }
  if (!in_use) return std::nullopt;
  for (const auto& use : uses_of_seal_keys(db)) {
    if (keys.find(use.key_id) == nullptr)
      return std::to_string(use.count) + " of " + use.table + "." + use.column +
             " are sealed under the key " + use.key_id +
             ", which is missing; put it back, and run scripts/gatehouse vault reseal before it goes";
  }
  return std::nullopt;
}

// In batches by id, each row on its own: whoever changes one meanwhile has sealed it under the first key
// already.
Resealed reseal(db::Connection& db, const crypto::SealKeys& keys) {
  Resealed result;
  for (const auto& column : db::sealed::columns()) {
    std::string after;
    for (;;) {
      const auto batch = db::sealed::not_under(db, column, after, keys.sealing().id, kBatch);
      for (const auto& value : batch) {
        const auto text = crypto::open(keys, value.sealed, value.place);
        if (!text) {
          ++result.unreadable;
        } else if (db::sealed::replace(db, column, value, crypto::seal(keys, *text, value.place))) {
          ++result.count;
        }
        after = value.row_id;
      }
      if (batch.size() < kBatch) break;
    }
  }
  return result;
}

std::vector<SealKeyUse> uses_of_seal_keys(db::Connection& db) {
  std::vector<SealKeyUse> all;
  for (const auto& column : db::sealed::columns()) {
    for (const auto& use : db::sealed::uses(db, column)) {
      all.push_back({std::string(column.table), std::string(column.column), use.key_id, use.count});
    }
  }
  return all;
}

}  // namespace gatehouse::flows
