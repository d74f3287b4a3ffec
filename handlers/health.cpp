#include "handlers/health.h"

#include "base/log.h"
#include "db/health.h"
#include "flows/signing_keys.h"

namespace gatehouse::handlers::health {

namespace {

// A worker that cannot open the signing keys can neither issue nor check a token. They are tried only where
// nobody has opened them in the last seconds.
db::health::Health health_of(Services& services) {
  auto health = db::health::check(services.db);
  if (const std::string why = services.revocations.trouble(); health.well && !why.empty())
    return {false, why};
  if (!health.well || !key_list_is_stale(services)) return health;
  const auto unopened = flows::find_unopened_key(services.db, services.seal, services.clock.now());
  if (unopened) return {false, "no entry of VAULT_KEYS opens the signing key " + *unopened};
  return health;
}

}  // namespace

// GET /health -> 200, or 503 where PostgreSQL is out of reach, not migrated, or read-only, what is known of
// revocations is out of date, or VAULT_KEYS is not the one that the signing keys were sealed with.
fcgi::Response show(const fcgi::Request&, Services& services) {
  const auto health = health_of(services);
  if (!health.well) log::error("unhealthy", json::Object().add("why", health.why));
  auto response = fcgi::json(health.well ? 200 : 503,
                             json::Object()
                                 .add("status", health.well ? services.config.health_status : "unhealthy")
                                 .add("service", "gatehouse")
                                 .add("timestamp", to_rfc3339(services.clock.now()))
                                 .add("version", GATEHOUSE_VERSION));
  if (!health.well) response.set_default("Retry-After", "1");
  return response;
}

}  // namespace gatehouse::handlers::health
