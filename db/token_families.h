// Refresh tokens, one row a family (a sign-in and all its rotations). Hashes are SHA-256, 32 bytes; the
// tokens themselves are nowhere. Who may rotate is decided by one conditional UPDATE, never by what was read
// before.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "db/connection.h"

namespace gatehouse::db::token_families {

struct NewFamily {
  std::string family_id;     // 22 characters of base64url; public, in the claims
  std::string locator_hash;  // of the part of the token that all its rotations share
  std::string client_id;
  std::string subject;  // `sub` of the access tokens: a decimal user id, or usr_…
  std::optional<std::string> scope;
  std::string current_hash;  // of the whole token
  Time created_at;
  Time expires_at;         // absolute: rotation does not move it
  Time access_expires_at;  // of the newest access token: how long a revocation of the family must be kept
  std::optional<std::string> subject_tenant = {};  // where the subject is a user of ours
  std::int64_t subject_version = 0;                // of that user's tokens, when the family was made
};

struct Family {
  std::string family_id;
  std::string client_id;
  std::string subject;
  std::optional<std::string> scope;
  std::string current_hash;
  std::optional<std::string> parent_hash;  // of the token that the last rotation replaced
  std::optional<std::string> replay;       // what makes the successor pair, sealed
  std::optional<Time> rotated_at;
  Time created_at;
  Time expires_at;
  Time access_expires_at;
  std::optional<Time> ended_at;
  std::optional<std::string> subject_tenant;
  std::int64_t subject_version;
  bool client_disabled;  // or no longer there
  bool subject_ended;    // a user of ours whose tokens have all been ended since

  bool is_over(Time now) const { return ended_at || expires_at <= now || client_disabled || subject_ended; }
};

void insert(Connection& db, const NewFamily& family);

std::optional<Family> find_by_locator(Connection& db, std::string_view locator_hash, Time now);

struct Rotation {
  std::string locator_hash;
  std::string presented_hash;  // must be the current one still
  std::string successor_hash;
  std::string replay;  // empty: none is kept
  Time access_expires_at;
};

// Whom the rotated family is for: what the next access token says.
struct Holder {
  std::string family_id;
  std::string client_id;
  std::string subject;
  std::optional<std::string> subject_tenant;
  std::int64_t subject_version;
  Time expires_at;  // of the family
};

// For the one caller that wins. nullopt: another was first, or what find_by_locator says of the family
// forbids it. Commits itself.
std::optional<Holder> rotate(Connection& db, const Rotation& rotation, Time now);

// Ends the family and says when its newest access token expires (a rotation just before counts); nullopt
// where it had ended already or is unknown.
std::optional<Time> end(Tx& tx, std::string_view family_id, Time now);

struct Ended {
  std::string family_id;
  Time access_expires_at;
  bool access_may_live;  // by the earlier of `now` and PostgreSQL's clock, and a minute more
};
// Ends the next `limit` that may be alive by that, in the order of their ids, from `family_id` on.
std::vector<Ended> end_from(Tx& tx, std::string_view family_id, Time now, int limit);

// In bounded batches; each returns how many rows it touched.
std::int64_t delete_expired(Connection& db, Time now, int limit);
// Of the users of a tenant whose end is written in the revocations; of no other.
std::int64_t delete_of_tenant(Connection& db, const TenantId& tenant, int limit);

}  // namespace gatehouse::db::token_families
