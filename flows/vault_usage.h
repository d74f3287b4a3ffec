// Reads and validations of vault records, and whatever was refused, on their way to the vault's log.
#pragma once

#include "db/vault_log.h"
#include "flows/row_queue.h"

namespace gatehouse::flows {

class VaultUsage : public RowQueue<db::vault_log::Entry> {
 public:
  VaultUsage() : RowQueue("vault_log", db::vault_log::insert) {}
};

}  // namespace gatehouse::flows
