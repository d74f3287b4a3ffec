// Whether the database can do its work: reachable, migrated, and taking writes.
#pragma once

#include <string>

#include "db/connection.h"

namespace gatehouse::db::health {

struct Health {
  bool well;
  std::string why;  // for the log only
};

Health check(Connection& db);

}  // namespace gatehouse::db::health
