// The life of a tenant: created with its keys, a key rotated, deleted with all that is its own.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "base/secret.h"
#include "db/connection.h"
#include "db/tenants.h"
#include "flows/services.h"

namespace gatehouse::flows {

// What somebody calls a tenant by: Error(not_found) for what is no tenant's id.
TenantId tenant_named(std::string_view text);
// Error(not_found) where there is none of this id.
void require_tenant(db::Tx& tx, const TenantId& tenant);

struct NewTenant {
  TenantId id;
  std::string public_key;
  Secret secret_key;  // shown once; only its digest is kept
};
NewTenant create_tenant(db::Connection& db, const Actor& actor, std::string_view name, Time now);

// Whose key it is; nullopt for one that is unknown or has ended, by the same path.
std::optional<db::tenants::KeyOwner> find_key_owner(db::Connection& db, std::string_view key, Time now);

inline constexpr Seconds kLongestOverlap{90L * 86400};
// The key of this kind that lives now works for `overlap` more, or ends now, whatever the clock of another
// host says. Where two live already, Error(conflict): a third never does. Error(not_found) where there is no
// such tenant. `presented` is the key that asks for it (empty: the command line does): Error(invalid_token)
// where it has ended.
Secret rotate_tenant_key(db::Connection& db, const Actor& actor, const TenantId& tenant,
                         db::tenants::KeyKind kind, Seconds overlap, Time now,
                         std::string_view presented = {});

// It ends at once, with its keys, its developer tokens and all tokens of its users; then what is its own
// goes, in batches, and then the tenant. Its lines in the audit log stay for as long as any. True for the one
// caller that ended it; false: that was done before, or by another at the same time, and this call removed
// what was left of it. Error(unavailable) between the two: it has ended, and whoever calls again goes on.
// Error(not_found) where there is no such tenant; the installation's own cannot be deleted.
bool delete_tenant(db::Connection& db, const Actor& actor, const TenantId& tenant, Seconds longest_token,
                   Time now);

}  // namespace gatehouse::flows
