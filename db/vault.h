// Records of the vault: third-party tokens, sealed by whoever calls. Every change under a lease names its
// fence, and does nothing where that is no longer the newest.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "db/connection.h"

namespace gatehouse::db::vault {

// What reading the token takes: found by itself, for it is what vaults are asked most.
struct AccessToken {
  std::string user_id;
  std::string access_sealed;
  Time expires_at;
  std::optional<Time> refreshed_at;
};

struct Record : AccessToken {
  std::string provider;
  std::string grant_id;
  std::int64_t version = 1;
  std::optional<std::string> refresh_sealed;
  std::optional<std::string> previous_sealed;
  std::optional<Time> previous_until;
  std::optional<std::string> rescued_sealed;
  std::optional<std::int64_t> rescued_version;  // of the record that it was got with
  std::string state;  // good, temporary, limited, needs_login, misconfigured: how the last refresh ended
  int failures = 0;   // in a row
  std::optional<Time> failed_at;
  std::optional<Time> refresh_at;
  std::int64_t fence = 0;
  std::optional<Time> leased_at;
  std::optional<Time> lease_until;
  std::optional<std::string> intent_digest;  // of a token that was sent, and it is not known what came of it
};

std::optional<AccessToken> find_access_token(Connection& db, std::string_view user_id);
std::optional<Record> find(Connection& db, std::string_view user_id);
std::optional<Record> find(Tx& tx, std::string_view user_id);

struct Saved {
  std::string user_id;
  std::string provider;
  std::string grant_id;
  std::string access_sealed;
  std::optional<std::string> refresh_sealed;
  Time expires_at;
  std::optional<Time> refresh_at;
};
// False: there is one already.
bool insert(Tx& tx, const Saved& saved, Time now);
// A new grant in the place of the old one; ends whatever lease there is. What state the old one was in;
// nullopt: there is none.
std::optional<std::string> replace(Tx& tx, const Saved& saved, Time now);
bool remove(Tx& tx, std::string_view user_id);

// The lease on the record as it was seen: the record as it is now, with the lease's fence. nullopt where
// somebody else has it, or has had it since.
std::optional<Record> take_lease(Connection& db, const Record& seen, Time now, Time until);
// What follows is for the grant that was seen: a record that was deleted and made anew counts its fences
// anew.
bool renew_lease(Connection& db, const Record& seen, std::int64_t fence, Time until);
// Which token is about to be sent.
bool note_intent(Connection& db, const Record& seen, std::int64_t fence, std::string_view digest, Time now);

struct Refreshed {
  std::string user_id;
  std::string grant_id;
  std::int64_t fence = 0;
  std::string access_sealed;
  std::string refresh_sealed;
  std::optional<std::string>
      previous_sealed;  // without one: what was sent is still current, and was used last
  std::optional<Time> previous_until;
  Time expires_at;
  Time refresh_at;
};
// The new pair; releases the lease. A rescued token goes once one that is newer has worked.
bool store(Tx& tx, const Refreshed& pair, Time now);
// How it ended otherwise; releases the lease. `is_unused`: what was sent has rotated nothing, nor has any
// call before.
bool fail(Tx& tx, const Record& seen, std::int64_t fence, std::string_view state,
          std::optional<Time> refresh_at, bool is_unused, Time now);
// What came too late for its fence: kept while the grant is still the same.
bool rescue(Tx& tx, const Record& seen, std::string_view refresh_sealed);

// The provider wants to be left alone until then.
void limit(Tx& tx, std::string_view provider, Time until);
// Whose time to be refreshed has come, and whose provider is not to be left alone, nor `busy`; the earliest
// first.
std::vector<std::string> due(Connection& db, Time now, int limit, const std::vector<std::string>& busy = {});
std::vector<Record> list(Connection& db, std::string_view after, int limit);

// Records that can never be of use again: needing a login for some minutes, or never refreshable, and
// expired.
struct Cleaned {
  std::int64_t needs_login = 0;
  std::int64_t not_refreshable = 0;
};
Cleaned delete_unusable(Tx& tx, Time before, int limit);

struct Handle {
  std::string handle_id;
  std::string user_id;
  Time created_at;
  std::string created_by;
};
void insert_handle(Tx& tx, const Handle& handle, std::string_view hash);
struct HandleOwner {
  std::string handle_id;
  std::string user_id;
};
std::optional<HandleOwner> find_handle_owner(Connection& db, std::string_view hash);
std::vector<Handle> list_handles(Connection& db, std::string_view user_id);
bool delete_handle(Tx& tx, std::string_view user_id, std::string_view handle_id);

}  // namespace gatehouse::db::vault
