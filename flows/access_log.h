// The rows of the access log on their way to PostgreSQL.
#pragma once

#include "db/access_log.h"
#include "flows/row_queue.h"

namespace gatehouse::flows {

class AccessLog : public RowQueue<db::access_log::Entry> {
 public:
  AccessLog() : RowQueue("access_log", db::access_log::insert) {}
};

}  // namespace gatehouse::flows
