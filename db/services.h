// Service clients (machine-to-machine): the table services with its secrets and scopes. They belong to the
// installation, to no tenant. Secrets are here as SHA-256 digests only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "db/connection.h"

namespace gatehouse::db::services {

struct ServiceRow {
  ServiceId id;
  std::string name;
  std::string description;
  std::int64_t token_version;  // of the tokens issued now; those with a lower one may be revoked
  Time created_at;
  std::optional<Time> disabled_at;
};

struct LiveSecret {
  std::string hash;                // 32 bytes
  std::optional<Time> expires_at;  // the end of its overlap; nullopt: the newest
};

struct ServiceWithSecrets : ServiceRow {
  std::vector<LiveSecret> secrets;  // newest first
  std::vector<std::string> scopes;  // sorted
  bool used;                        // has authenticated, once at least
};

// Error(conflict) where the id is taken.
void insert(Tx& tx, const ServiceId& id, std::string_view name, std::string_view description,
            std::string_view secret_hash, Time now);

// Facts, secrets that live at `now`, and scopes, in one statement. Also finds a disabled one.
std::optional<ServiceWithSecrets> find_with_secrets(Tx& tx, const ServiceId& id, Time now);

// The one whose secret, live at `now`, has this digest, with its scopes; also a disabled one. One statement,
// which does the same work for a client that is not there as for one whose secret is another.
struct ProvenService : ServiceRow {
  std::optional<Time> secret_expires_at;
  std::vector<std::string> scopes;  // sorted
  bool used;                        // has authenticated, once at least
};
std::optional<ProvenService> find_by_secret(Connection& db, const ServiceId& id, std::string_view secret_hash,
                                            Time now);

// Makes others who change this client wait for the end of the transaction; false where there is no such
// client.
bool lock(Tx& tx, const ServiceId& id);

// True where something changed.
bool grant_scope(Tx& tx, const ServiceId& id, std::string_view scope, std::string_view granted_by, Time now);
bool revoke_scope(Tx& tx, const ServiceId& id, std::string_view scope);
bool disable(Tx& tx, const ServiceId& id, Time now);

// The new version; nullopt where there is no such client.
std::optional<std::int64_t> bump_token_version(Tx& tx, const ServiceId& id);

void add_secret(Tx& tx, const ServiceId& id, std::string_view secret_hash, Time now);
// No secret that exists now lives longer than `at`; the count of those that were shortened.
std::int64_t expire_secrets(Tx& tx, const ServiceId& id, Time at);
std::int64_t delete_expired_secrets(Connection& db, Time now, int limit);

// It has authenticated: remembered once in a client's life.
void mark_used(Connection& db, const ServiceId& id, Time now);
// Those registered by then that never authenticated and have no scope, each with its line in the audit log.
// For a worker never those of the last 30 days.
std::int64_t delete_unused(Connection& db, Time registered_before, int limit);

struct ServiceWithScopes : ServiceRow {
  std::vector<std::string> scopes;  // sorted
};
// In the order of ids, after `after` (empty: from the start).
std::vector<ServiceWithScopes> list(Connection& db, std::string_view after, int limit);
// Whether it is there; a disabled one is.
bool exists(Connection& db, const ServiceId& id);
// Whether it has the scope and is not disabled.
bool has_scope(Connection& db, const ServiceId& id, std::string_view scope);
bool has_scope(Tx& tx, const ServiceId& id, std::string_view scope);
// The scopes of one client, sorted.
std::vector<std::string> scopes(Connection& db, const ServiceId& id);

}  // namespace gatehouse::db::services
