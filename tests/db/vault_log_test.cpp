#include "db/vault_log.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/support/database.h"

namespace gatehouse::db::vault_log {
namespace {

class VaultLogTest : public support::DatabaseTest {
 protected:
  VaultLogTest() {
    support::raw(owner,
                 "ALTER TABLE vault_log ADD CONSTRAINT unsynced "
                 "CHECK (current_setting('synchronous_commit') = 'off') NOT VALID");
  }
  ~VaultLogTest() override { support::raw(owner, "ALTER TABLE vault_log DROP CONSTRAINT unsynced"); }
  const Entry entry{"user", now, "read", "done", "test", "", ""};
};

TEST_F(VaultLogTest, ABatchOfReadsIsNotWaitedFor) {
  insert(worker, std::vector{entry, entry});
  EXPECT_EQ(list(worker, "user", {}, 10).size(), 2U);
}

TEST_F(VaultLogTest, WhatSavesTokensIs) {
  auto tx = worker.begin();
  EXPECT_THROW(add(tx, entry), Error);
}

}  // namespace
}  // namespace gatehouse::db::vault_log
