// A database of its own for this test binary, made from a template that has the migrations, dropped at the
// end. scripts/test sets what it needs; without that every test that asks for a database fails and says so:
//   GATEHOUSE_TEST_DB        host=… port=… user=… dbname=… of the role that owns the template and may create
//                            databases (libpq's keyword form; also password=…)
//   GATEHOUSE_TEST_TEMPLATE  the name of a database with all migrations applied
//   GATEHOUSE_TEST_WORKER    user=… password=… of the workers' role
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "base/clock.h"
#include "base/ids.h"
#include "db/connection.h"
#include "db/conninfo.h"

namespace gatehouse::support {

class Database {
 public:
  // Made on first use.
  static const Database& of_this_binary();

  // Both without time-outs; a test that is about one sets it.
  db::ConnectionParts owner() const { return owner_; }
  db::ConnectionParts worker() const { return worker_; }

  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

 private:
  Database();
  db::ConnectionParts maintenance_;
  db::ConnectionParts owner_;
  db::ConnectionParts worker_;
};

// One statement in SQL of the test's own.
db::Rows raw(db::Connection& connection, const std::string& sql);
std::string raw_text(db::Connection& connection, const std::string& sql);  // its one column `value`

// Another connection as the workers' role, connected however many want to be at once: libpq gives up after
// two seconds.
db::Connection connected_worker();

// Every test has a tenant of its own, a connection as the workers' role and one as the owner.
class DatabaseTest : public ::testing::Test {
 protected:
  DatabaseTest();

  // A number that no other test of this database has, in 12 characters of [0-9].
  static std::string unique_digits();

  const Time now = from_unix_seconds(1'900'000'000);
  db::Connection worker;
  db::Connection owner;
  const TenantId tenant;
};

}  // namespace gatehouse::support
