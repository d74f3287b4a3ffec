#include "handlers/health.h"

#include "base/log.h"
#include "db/health.h"

namespace gatehouse::handlers::health {

// GET /health -> 200, or 503 where PostgreSQL is out of reach, not migrated, or read-only.
fcgi::Response show(const fcgi::Request&, Services& services) {
  const auto health = db::health::check(services.db);
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
