// The keys of VAULT_KEYS and what is sealed under each: known by fingerprint, so that another key under the
// same id is refused at the start; and everything sealed anew under the first, while all goes on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "crypto/seal.h"
#include "db/connection.h"

namespace gatehouse::flows {

// Remembers new ones; the owner's to do.
void remember_seal_keys(db::Connection& db, const crypto::SealKeys& keys, Time now);
// What is wrong with the keys, for whoever set them: one has other bytes than the database knows by its id,
// or (where `in_use` is asked for, which reads all that is sealed) something is sealed under one that is
// missing.
std::optional<std::string> fault_of_seal_keys(db::Connection& db, const crypto::SealKeys& keys,
                                              bool in_use = false);

struct Resealed {
  std::int64_t count = 0;
  std::int64_t unreadable = 0;
};
Resealed reseal(db::Connection& db, const crypto::SealKeys& keys);

struct SealKeyUse {
  std::string table;
  std::string column;
  std::string key_id;
  std::int64_t count = 0;
};
std::vector<SealKeyUse> uses_of_seal_keys(db::Connection& db);

}  // namespace gatehouse::flows
