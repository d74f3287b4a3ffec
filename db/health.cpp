#include "db/health.h"

namespace gatehouse::db::health {

// crash_mark comes with the newest migration that this release cannot do without.
constexpr Statement kCheck{"health_check", R"sql(
  SELECT pg_is_in_recovery() AS recovering,
         to_regclass('crash_mark') IS NOT NULL AS migrated)sql"};

Health check(Connection& db) {
  std::string why;
  const auto rows = db.probe(kCheck, why);
  if (!rows) return {false, why};
  if (rows->front().boolean("recovering")) return {false, "this PostgreSQL is a standby"};
  if (!rows->front().boolean("migrated")) return {false, "migrations are missing"};
  return {true, {}};
}

}  // namespace gatehouse::db::health
