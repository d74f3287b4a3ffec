// The life of a service client: registered, given scopes, its secret rotated, disabled.
// Each change is one transaction with its line in the audit log, and reaches tokens already issued.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "base/secret.h"
#include "db/connection.h"

namespace gatehouse::flows {

// Who changes something, for the audit log.
struct Actor {
  std::string name;  // svc_…, cli:<system user>, anonymous
  std::string client_address;
  std::string request_id;
};

struct NewService {
  ServiceId id;
  Secret secret;  // shown once; only its digest is kept
};
// Error(invalid_request), naming the member, for a name or description that is too long (bytes) or no plain
// text.
inline constexpr std::size_t kLongestServiceName = 200;
inline constexpr std::size_t kLongestServiceDescription = 2000;
NewService register_service(db::Connection& db, const Actor& actor, std::string_view name,
                            std::string_view description, Time now);

// Error(not_found) where there is no such service.
void require_service(db::Connection& db, const ServiceId& id);
void require_scope_exists(std::string_view scope);  // else Error(invalid_scope)

// The functions below throw Error(not_found) where there is no such service, and Error(invalid_scope) for a
// scope that does not exist. True where something changed: asking twice is harmless.
// Scopes are changed by the command line and by administrators: Error(invalid_token) where the actor is a
// service that is none, or none any more.
bool grant_scope(db::Connection& db, const Actor& actor, const ServiceId& id, std::string_view scope,
                 Time now);

// Its service JWTs end: a new one, without the scope, is a request away.
bool revoke_scope(db::Connection& db, const Actor& actor, const ServiceId& id, std::string_view scope,
                  Time now);

// Its service JWTs end, and every token that it ever generated for users.
bool disable_service(db::Connection& db, const Actor& actor, const ServiceId& id, Time now);

// A secret that is replaced works for `overlap` more, so that all copies can be changed; nullopt: ends now,
// with the tokens got with it. At least kShortestOverlap, else Error(invalid_request): a token got with the
// old secret just before must not outlive it. At most kLongestOverlap, as a tenant's key.
// Where two live already, Error(conflict): a third never does.
inline constexpr Seconds kShortestOverlap{300};
Secret rotate_secret(db::Connection& db, const Actor& actor, const ServiceId& id,
                     std::optional<Seconds> overlap, Time now);

}  // namespace gatehouse::flows
