#include "flows/services.h"

#include "base/error.h"
#include "base/json.h"
#include "base/plain_text.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "db/audit.h"
#include "db/revocations.h"
#include "db/services.h"
#include "flows/client_credentials.h"
#include "flows/live_token.h"
#include "flows/scopes.h"
#include "flows/tenants.h"

namespace gatehouse::flows {

namespace {

// The longest ACCESS_TOKEN_TTL that the settings take, and what two clocks may differ by.
constexpr Seconds kLongestAccess{86400 + 60};

constexpr std::string_view kAdminScope = "internal:admin";

Secret new_secret() { return Secret("secret_" + crypto::random_token(24)); }

void audit(db::Tx& tx, const Actor& actor, std::string_view action, const ServiceId& id,
           const json::Object& detail, Time now) {
  db::audit::record(tx, {default_tenant(), now, actor.name, std::string(action), id.str(),
                         actor.client_address, actor.request_id, detail.str()});
}

json::Object of_scope(std::string_view scope) { return json::Object().add("scope", scope); }

void require_found(bool found) {
  if (!found) throw Error(Errc::not_found, "Client not found");
}

void lock(db::Tx& tx, const ServiceId& id) { require_found(db::services::lock(tx, id)); }

// A service that was an administrator when its request came may have waited for the lock while that was taken
// from it: whoever keeps granting could otherwise not be stopped.
void require_still_admin(db::Tx& tx, const Actor& actor) {
  const auto service = ServiceId::parse(actor.name);
  if (service && !db::services::has_scope(tx, *service, kAdminScope))
    throw Error(Errc::invalid_token).with_message("Token is invalid or has been revoked");
}

// Ends the service JWTs issued so far.
void end_service_tokens(db::Tx& tx, const ServiceId& id, Time now) {
  const auto version = db::services::bump_token_version(tx, id);
  db::revocations::revoke(tx, {client_key(id.str()), version.value_or(kEveryVersion), kAtOnce,
                               now + kServiceTokenTtl + Seconds(60)});
}

// What is shown in lists and terminals, where an administrator picks whom to trust.
void require_plain(std::string_view name, std::string_view text, std::size_t longest) {
  if (text.size() <= longest && is_plain_text(text)) return;
  throw Error(Errc::invalid_request, '"' + std::string(name) + "\" must be at most " +
                                         std::to_string(longest) +
                                         " bytes of UTF-8 without control or direction characters");
}

}  // namespace

void require_service(db::Connection& db, const ServiceId& id) { require_found(db::services::exists(db, id)); }

void require_scope_exists(std::string_view scope) {
  if (!is_scope(scope)) throw Error(Errc::invalid_scope, "Unknown scope");
}

NewService register_service(db::Connection& db, const Actor& actor, std::string_view name,
                            std::string_view description, Time now) {
  if (name.find_first_not_of(' ') == std::string_view::npos) {
    throw Error(Errc::invalid_request, "\"service_name\" is required");
  }
  require_plain("service_name", name, kLongestServiceName);
  require_plain("description", description, kLongestServiceDescription);
  NewService made{ServiceId::trusted(std::string(ServiceId::kPrefix) + crypto::random_id(ServiceId::kRandom)),
                  new_secret()};
  auto tx = db.begin();
  db::services::insert(tx, made.id, name, description, crypto::sha256(made.secret.reveal()), now);
  audit(tx, actor, "service.registered", made.id, {}, now);
  tx.commit();
  return made;
}

bool grant_scope(db::Connection& db, const Actor& actor, const ServiceId& id, std::string_view scope,
                 Time now) {
  require_scope_exists(scope);
  auto tx = db.begin();
  lock(tx, id);
  require_still_admin(tx, actor);
  if (!db::services::grant_scope(tx, id, scope, actor.name, now)) return false;
  audit(tx, actor, "service.scope_granted", id, of_scope(scope), now);
  tx.commit();
  return true;
}

bool revoke_scope(db::Connection& db, const Actor& actor, const ServiceId& id, std::string_view scope,
                  Time now) {
  require_scope_exists(scope);
  auto tx = db.begin();
  lock(tx, id);
  require_still_admin(tx, actor);
  if (!db::services::revoke_scope(tx, id, scope)) {
    tx.commit();  // in force when this returns, whoever has done it
    return false;
  }
  end_service_tokens(tx, id, now);
  audit(tx, actor, "service.scope_revoked", id, of_scope(scope), now);
  tx.commit();
  return true;
}

bool disable_service(db::Connection& db, const Actor& actor, const ServiceId& id, Time now) {
  auto tx = db.begin();
  lock(tx, id);
  if (!db::services::disable(tx, id, now)) {
    tx.commit();  // as above
    return false;
  }
  end_service_tokens(tx, id, now);
  db::revocations::revoke(tx, {pairs_key(id.str()), kEveryVersion, kAtOnce, now + kLongestAccess});
  audit(tx, actor, "service.disabled", id, {}, now);
  tx.commit();
  return true;
}

Secret rotate_secret(db::Connection& db, const Actor& actor, const ServiceId& id,
                     std::optional<Seconds> overlap, Time now) {
  if (overlap && *overlap < kShortestOverlap) {
    throw Error(Errc::invalid_request,
                "The overlap must be at least 5 minutes; without one the old secret ends now");
  }
  if (overlap && *overlap > kLongestOverlap)
    throw Error(Errc::invalid_request, "The overlap must be at most 90 days");
  Secret secret = new_secret();
  auto tx = db.begin();
  lock(tx, id);
  const auto service = db::services::find_with_secrets(tx, id, now);
  if (overlap && service && service->secrets.size() > 1) {
    throw Error(Errc::conflict,
                "Two secrets are live already: wait for the end of their overlap, or use --now");
  }
  db::services::expire_secrets(tx, id, overlap ? now + *overlap : kAtOnce);
  db::services::add_secret(tx, id, crypto::sha256(secret.reveal()), now);
  if (!overlap) end_service_tokens(tx, id, now);
  json::Object detail;
  if (overlap) {
    detail.add("overlap_seconds", static_cast<std::int64_t>(overlap->count()));
  } else {
    detail.add("now", true);
  }
  audit(tx, actor, "service.secret_rotated", id, detail, now);
  tx.commit();
  return secret;
}

}  // namespace gatehouse::flows
