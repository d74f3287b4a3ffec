#include "tests/support/database.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "base/error.h"

namespace gatehouse::support {

namespace {

std::string setting(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') {
    throw std::runtime_error(std::string(name) + " is not set: run scripts/test, which starts a PostgreSQL");
  }
  return value;
}

// libpq's keyword form, with values that need no quotes.
void read_into(db::ConnectionParts& parts, const std::string& text) {
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const auto equals = word.find('=');
    const std::string key = word.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : word.substr(equals + 1);
    if (key == "host") {
      parts.host = value;
    } else if (key == "port") {
      parts.port = value;
    } else if (key == "user") {
      parts.user = value;
    } else if (key == "password") {
      parts.password = Secret(value);
    } else if (key == "dbname") {
      parts.dbname = value;
    } else {
      throw std::runtime_error("GATEHOUSE_TEST_…: only host, port, user, password, dbname, not " + key);
    }
  }
}

std::string new_name() {
  const auto since = std::chrono::system_clock::now().time_since_epoch().count();
  return "gatehouse_test_" + std::to_string(getpid()) + "_" + std::to_string(since % 1'000'000'000);
}

db::Connection patient(const db::ConnectionParts& parts) {
  return db::Connection(db::conninfo(parts), std::chrono::seconds(60));
}

}  // namespace

Database::Database() {
  using std::chrono::milliseconds;
  maintenance_.application_name = "gatehouse test";
  maintenance_.statement_timeout = maintenance_.lock_timeout = milliseconds(0);
  read_into(maintenance_, setting("GATEHOUSE_TEST_DB"));
  owner_ = maintenance_;
  owner_.dbname = new_name();
  worker_ = owner_;
  worker_.password = Secret();
  read_into(worker_, setting("GATEHOUSE_TEST_WORKER"));

  auto connection = patient(maintenance_);
  raw(connection, "CREATE DATABASE " + owner_.dbname + " TEMPLATE " + setting("GATEHOUSE_TEST_TEMPLATE"));
}

Database::~Database() {
  // Each role may end its own connections, such as those that a test made hang; WITH (FORCE) would want the
  // right to end the others' too. DROP DATABASE waits 5 s for those that are just going.
  const std::string end_mine =
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = current_user AND datname = '" +
      owner_.dbname + "' AND pid <> pg_backend_pid()";
  try {
    {
      auto worker = patient(worker_);
      raw(worker, end_mine);
    }
    auto connection = patient(maintenance_);
    raw(connection, end_mine);
    raw(connection, "DROP DATABASE IF EXISTS " + owner_.dbname);
  } catch (const Error& e) {
    std::fprintf(stderr, "database %s stays: %s\n", owner_.dbname.c_str(), e.what());
  }
}

namespace {

std::unique_ptr<const Database>& made() {
  static std::unique_ptr<const Database> database;
  return database;
}

// Not by a static object's end: libpq logs in with OpenSSL, which has cleaned itself up by then.
class DropAtTheEnd : public ::testing::Environment {
  void TearDown() override { made().reset(); }
};
[[maybe_unused]] const auto* const kDropAtTheEnd = ::testing::AddGlobalTestEnvironment(new DropAtTheEnd);

}  // namespace

const Database& Database::of_this_binary() {
  if (!made()) made().reset(new Database);
  return *made();
}

db::Rows raw(db::Connection& connection, const std::string& sql) {
  static int count = 0;
  const std::string name = "raw_" + std::to_string(++count);
  return connection.execute(db::Statement{name.c_str(), sql.c_str()});
}

std::string raw_text(db::Connection& connection, const std::string& sql) {
  return raw(connection, sql).front().text("value");
}

db::Connection connected_worker() {
  auto connection = patient(Database::of_this_binary().worker());
  for (int tenths = 600;; --tenths) {
    try {
      connection.begin();
      return connection;
    } catch (const Error& error) {
      if (error.code() != Errc::unavailable || tenths == 0) throw;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

DatabaseTest::DatabaseTest()
    : worker(patient(Database::of_this_binary().worker())),
      owner(patient(Database::of_this_binary().owner())),
      tenant(TenantId::trusted("tnt_" + unique_digits())) {
  raw(owner, "INSERT INTO tenants (tenant_id, name, created_at) VALUES ('" + tenant.str() +
                 "', 'test', '2024-01-15T10:30:00Z')");
}

std::string DatabaseTest::unique_digits() {
  static int count = 0;
  const std::string digits = std::to_string(++count);
  return std::string(12 - digits.size(), '0') + digits;
}

}  // namespace gatehouse::support
