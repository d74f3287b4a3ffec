// Tenants and their API keys. Keys are here as SHA-256 digests; a public key's text besides, for it is no
// secret. Every function but the last three binds the transaction to its tenant.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "db/connection.h"

namespace gatehouse::db::tenants {

struct TenantRow {
  TenantId id;
  std::string name;
  Time created_at;
};

enum class KeyKind { public_key, secret_key };

struct NewKey {
  KeyKind kind;
  std::string hash;  // 32 bytes
  std::string text;  // of a public key; else empty
};

// With the keys that have no end: the newest of each kind. tnt_default has none at first.
struct TenantWithKeys : TenantRow {
  std::optional<std::string> public_key;
  std::optional<std::string> secret_key_hash;  // 32 bytes
};

void insert(Tx& tx, const TenantId& id, std::string_view name, Time now);
// One that has ended is gone for find, lock and list.
std::optional<TenantWithKeys> find(Tx& tx, const TenantId& id);
// Makes others who change this tenant wait for the end of the transaction; false where there is no such
// tenant.
bool lock(Tx& tx, const TenantId& id);
// Locks it and ends it, for ever. `missing`: there is none, not even one that has ended before.
enum class Ending { missing, now, before };
Ending end(Tx& tx, const TenantId& id, Time now);
// Its keys and users go along. False where there was none.
bool remove(Tx& tx, const TenantId& id);

std::int64_t count_live_keys(Tx& tx, const TenantId& id, KeyKind kind, Time now);
void add_key(Tx& tx, const TenantId& id, const NewKey& key, Time now);
// No key of this kind that exists now lives longer than `at`.
void expire_keys(Tx& tx, const TenantId& id, KeyKind kind, Time at);

struct KeyOwner {
  TenantId tenant;
  KeyKind kind;
  std::optional<Time> expires_at;  // of a key that has been rotated out
};
// Whose key this is, where it lives at `now`.
std::optional<KeyOwner> find_by_key(Connection& db, std::string_view hash, Time now);
std::optional<KeyOwner> find_by_key(Tx& tx, std::string_view hash, Time now);

// In the order of ids, after `after` (empty: from the start).
std::vector<TenantRow> list(Connection& db, std::string_view after, int limit);

std::int64_t delete_expired_keys(Connection& db, Time now, int limit);

}  // namespace gatehouse::db::tenants
