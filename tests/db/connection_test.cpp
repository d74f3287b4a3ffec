// Connection against a real server: what goes in comes out, what fails becomes the right Error, and a server
// that goes away or hangs costs a bounded time.
#include "db/connection.h"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "tests/support/database.h"
#include "tests/support/temporary_folder.h"

namespace gatehouse::db {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Statement kEcho{"test_echo", R"sql(
  SELECT $1::text AS a_text, $2::bigint AS a_number, $3::boolean AS a_bool, $4::timestamptz AS a_time,
         $5::bytea AS some_bytes)sql"};
constexpr Statement kText{"test_text", "SELECT $1::text AS value"};
constexpr Statement kPid{"test_pid", "SELECT pg_backend_pid() AS pid"};
constexpr Statement kSleep{"test_sleep", "SELECT pg_sleep(30)"};
constexpr Statement kInsertKey{"test_insert_key", R"sql(
  INSERT INTO revocations (key, min_version, effective_at, expires_at) VALUES ($1, 1, $2, $2))sql"};
constexpr Statement kCountKey{"test_count_key", "SELECT count(*) AS count FROM revocations WHERE key = $1"};

template <class Action>
Error error_of(Action action) {
  try {
    action();
  } catch (const Error& e) {
    return e;
  }
  ADD_FAILURE() << "nothing was thrown";
  return Error(Errc::internal);
}

template <class Action>
Errc code_of(Action action) {
  return error_of(action).code();
}

milliseconds since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start);
}

class ConnectionTest : public support::DatabaseTest {
 protected:
  std::int64_t pid_of(Connection& connection) { return connection.read(kPid).front().integer("pid"); }

  // As an administrator, or a restart, does it; returns when the backend is gone.
  void terminate(std::int64_t pid) {
    Connection other(conninfo(support::Database::of_this_binary().worker()));  // the role may end its own
    support::raw(other, "SELECT pg_terminate_backend(" + std::to_string(pid) + ", 5000)");
  }

  std::int64_t count() { return worker.read(kCountKey, key).front().integer("count"); }

  Connection with(milliseconds patience, milliseconds statement_timeout = milliseconds(0)) {
    auto parts = support::Database::of_this_binary().owner();
    parts.statement_timeout = statement_timeout;
    return Connection(conninfo(parts), patience);
  }

  const std::string key = "token:" + unique_digits();
};

TEST_F(ConnectionTest, GivesBackEveryTypeAsItWentIn) {
  const Time time = now + std::chrono::microseconds(123456);
  const std::string bytes("\0\xff\\x'", 5);
  const Row row = worker.read(kEcho, "größer '; --", std::int64_t{-5}, true, time, Bytes{bytes}).front();
  EXPECT_EQ(row.text("a_text"), "größer '; --");
  EXPECT_EQ(row.integer("a_number"), -5);
  EXPECT_TRUE(row.boolean("a_bool"));
  EXPECT_EQ(row.time("a_time"), time);
  EXPECT_EQ(row.bytes("some_bytes"), bytes);
}

TEST_F(ConnectionTest, GivesBackTimesBefore1970AndWholeSeconds) {
  for (const Time time : {Time(std::chrono::microseconds(-1)), from_unix_seconds(0), now}) {
    EXPECT_EQ(worker.read(kEcho, "", 0, false, time, Bytes{""}).front().time("a_time"), time);
  }
}

TEST_F(ConnectionTest, TakesAndGivesNull) {
  const std::optional<Time> no_time;
  const std::optional<std::string> no_text;
  const Row row = worker.read(kEcho, no_text, 0, false, no_time, std::optional<Bytes>()).front();
  EXPECT_EQ(row.nullable(&Row::text, "a_text"), std::nullopt);
  EXPECT_EQ(row.nullable(&Row::time, "a_time"), std::nullopt);
  EXPECT_EQ(row.nullable(&Row::bytes, "some_bytes"), std::nullopt);
  EXPECT_EQ(code_of([&] { row.text("a_text"); }), Errc::internal);
}

TEST_F(ConnectionTest, RefusesATextWithNul) {
  EXPECT_EQ(code_of([&] { worker.read(kText, std::string("svc_a\0b", 7)); }), Errc::invalid_request);
}

TEST_F(ConnectionTest, RefusesATextThatIsNotUtf8) {
  EXPECT_EQ(code_of([&] { worker.read(kText, "\xc3\x28"); }), Errc::invalid_request);
  EXPECT_EQ(worker.read(kText, "good").front().text("value"), "good");
}

TEST_F(ConnectionTest, RefusesTwoStatementsOfOneName) {
  worker.read(kText, "a");
  EXPECT_EQ(code_of([&] { worker.read(Statement{kText.name, "SELECT 2"}); }), Errc::internal);
}

TEST_F(ConnectionTest, ATakenKeyIsAConflictWhoseCauseShowsNoValue) {
  worker.execute(kInsertKey, key, now);
  const Error error = error_of([&] { worker.execute(kInsertKey, key, now); });
  EXPECT_EQ(error.code(), Errc::conflict);
  EXPECT_THAT(error.cause(), testing::HasSubstr("revocations_pkey"));
  EXPECT_THAT(error.cause(), testing::Not(testing::HasSubstr(key)));
}

TEST_F(ConnectionTest, AnUnknownTableIsInternal) {
  EXPECT_EQ(code_of([&] { support::raw(worker, "SELECT 1 FROM nowhere"); }), Errc::internal);
}

TEST_F(ConnectionTest, ATransactionIsRolledBackUnlessCommitted) {
  {
    auto tx = worker.begin();
    tx.run(kInsertKey, key, now);
  }
  EXPECT_EQ(count(), 0);
  auto tx = worker.begin();
  tx.run(kInsertKey, key, now);
  tx.commit();
}

TEST_F(ConnectionTest, ACommittedTransactionStays) {
  {
    auto tx = worker.begin();
    tx.run(kInsertKey, key, now);
    tx.commit();
  }
  EXPECT_EQ(count(), 1);
}

TEST_F(ConnectionTest, ARefusedStatementDoesNotSpoilTheConnection) {
  worker.execute(kInsertKey, key, now);
  {
    auto tx = worker.begin();
    EXPECT_EQ(code_of([&] { tx.run(kInsertKey, key, now); }), Errc::conflict);
  }
  EXPECT_EQ(count(), 1);
}

// libpqxx 6 gives some states as types of its own and drops the code of others.
TEST_F(ConnectionTest, EveryStateOfPostgresqlHasItsErrc) {
  const std::vector<std::pair<const char*, Errc>> states{
      {"23505", Errc::conflict},    {"22021", Errc::invalid_request}, {"22P05", Errc::invalid_request},
      {"08006", Errc::unavailable}, {"57P01", Errc::unavailable},     {"57P02", Errc::unavailable},
      {"57P03", Errc::unavailable}, {"25P03", Errc::unavailable},     {"25006", Errc::unavailable},
      {"57014", Errc::unavailable}, {"55P03", Errc::unavailable},     {"40001", Errc::unavailable},
      {"40P01", Errc::unavailable}, {"40003", Errc::unavailable},     {"53100", Errc::unavailable},
      {"53200", Errc::unavailable}, {"53300", Errc::unavailable},     {"53400", Errc::unavailable},
      {"42501", Errc::internal},    {"42P01", Errc::internal},        {"23503", Errc::not_found},
      {"23502", Errc::internal},    {"23514", Errc::internal},        {"22P02", Errc::internal},
      {"0A000", Errc::internal},    {"P0001", Errc::internal},        {"XX000", Errc::internal},
  };
  for (const auto& [state, code] : states) {
    const auto raise = [&, sqlstate = std::string(state)] {
      support::raw(worker, "DO $$ BEGIN RAISE 'raised' USING ERRCODE = '" + sqlstate + "'; END $$");
    };
    const Error error = error_of(raise);
    EXPECT_EQ(error.code(), code) << state;
    EXPECT_THAT(error.cause(), testing::HasSubstr("raised")) << state;
    EXPECT_NO_THROW(worker.read(kPid)) << state;
  }
}

// --- PostgreSQL goes away ---

TEST_F(ConnectionTest, AReadSurvivesALostConnection) {
  const auto before = pid_of(worker);
  terminate(before);
  EXPECT_NE(pid_of(worker), before);
}

TEST_F(ConnectionTest, ATransactionBeginsOnANewConnectionAfterALostOne) {
  terminate(pid_of(worker));
  auto tx = worker.begin();
  tx.run(kInsertKey, key, now);
  tx.commit();
  EXPECT_EQ(count(), 1);
}

TEST_F(ConnectionTest, AWriteAfterALostConnectionIsDoneOnce) {
  count();
  terminate(pid_of(worker));
  worker.execute(kInsertKey, key, now);
  EXPECT_EQ(count(), 1);
}

TEST_F(ConnectionTest, AConnectionLostWithinATransactionIsUnavailableAndTheNextOneWorks) {
  const auto pid = pid_of(worker);
  {
    auto tx = worker.begin();
    tx.run(kInsertKey, key, now);
    terminate(pid);
    EXPECT_EQ(code_of([&] { tx.run(kInsertKey, key + "b", now); }), Errc::unavailable);
  }
  EXPECT_EQ(count(), 0);
}

TEST_F(ConnectionTest, AConnectionLostBeforeCommitIsUnavailable) {
  const auto pid = pid_of(worker);
  auto tx = worker.begin();
  tx.run(kInsertKey, key, now);
  terminate(pid);
  EXPECT_EQ(code_of([&] { tx.commit(); }), Errc::unavailable);
}

TEST_F(ConnectionTest, AServerThatTurnsReadOnlyIsUnavailableAndLeft) {
  const auto before = pid_of(worker);
  {
    auto tx = worker.begin();
    tx.run(Statement{"test_read_only", "SET TRANSACTION READ ONLY"});
    EXPECT_EQ(code_of([&] { tx.run(kInsertKey, key, now); }), Errc::unavailable);
  }
  EXPECT_NE(pid_of(worker), before);
}

TEST_F(ConnectionTest, NoServerIsUnavailableAtOnceAndTheCauseHasNoPassword) {
  auto parts = support::Database::of_this_binary().worker();
  parts.host = "/nonexistent";
  parts.password = Secret("a password'\\ with quotes");
  Connection nowhere(conninfo(parts));
  const Error error = error_of([&] { nowhere.read(kPid); });
  EXPECT_EQ(error.code(), Errc::unavailable);
  EXPECT_THAT(error.cause(), testing::HasSubstr("/nonexistent"));
  EXPECT_THAT(error.what(), testing::Not(testing::HasSubstr("a password")));
  EXPECT_EQ(code_of([&] { nowhere.begin(); }), Errc::unavailable);
  EXPECT_EQ(code_of([&] { nowhere.execute(kInsertKey, key, now); }), Errc::unavailable);
}

// --- PostgreSQL is slow, or hangs ---

TEST_F(ConnectionTest, ASlowStatementIsCancelledByTheServerAndTheConnectionKept) {
  auto db = with(seconds(5), milliseconds(100));
  const auto pid = pid_of(db);
  EXPECT_EQ(code_of([&] { db.read(kSleep); }), Errc::unavailable);
  EXPECT_EQ(pid_of(db), pid);
}

TEST_F(ConnectionTest, ALockedRowIsUnavailable) {
  worker.execute(kInsertKey, key, now);
  auto tx = worker.begin();
  const Statement lock{"test_lock", "SELECT key FROM revocations WHERE key = $1 FOR UPDATE"};
  tx.run(lock, key);
  auto parts = support::Database::of_this_binary().worker();
  parts.lock_timeout = milliseconds(50);
  Connection other(conninfo(parts));
  const Error error = error_of([&] { other.execute(lock, key); });
  EXPECT_EQ(error.code(), Errc::unavailable);
  EXPECT_THAT(error.cause(), testing::HasSubstr("lock timeout"));
}

TEST_F(ConnectionTest, AServerThatDoesNotAnswerIsUnavailableWhenThePatienceEnds) {
  auto db = with(milliseconds(200));
  db.read(kPid);
  const auto start = std::chrono::steady_clock::now();
  const Error error = error_of([&] { db.read(kSleep); });
  EXPECT_EQ(error.code(), Errc::unavailable);
  EXPECT_THAT(error.cause(), testing::HasSubstr("did not answer in time"));
  EXPECT_GE(since(start), milliseconds(200));
  EXPECT_LT(since(start), milliseconds(1000));
}

TEST_F(ConnectionTest, AWriteAndATransactionThatHangEndTheSameWay) {
  auto db = with(milliseconds(200));
  EXPECT_EQ(code_of([&] { db.execute(kSleep); }), Errc::unavailable);
  auto other = with(milliseconds(200));
  auto tx = other.begin();
  EXPECT_EQ(code_of([&] { tx.run(kSleep); }), Errc::unavailable);
}

TEST_F(ConnectionTest, AfterASilenceCallsFailAtOnceForAMoment) {
  auto db = with(milliseconds(100));
  EXPECT_EQ(code_of([&] { db.read(kSleep); }), Errc::unavailable);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(code_of([&] { db.read(kPid); }), Errc::unavailable);
  EXPECT_LT(since(start), milliseconds(50));
}

TEST_F(ConnectionTest, PatienceEndsAlsoWhereTheProgramBlocksAllSignals) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  auto db = with(milliseconds(200));
  EXPECT_EQ(code_of([&] { db.read(kSleep); }), Errc::unavailable);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

// A server that takes connections and says nothing: what a stopped one looks like to somebody new.
class SilentServer {
 public:
  SilentServer() {
    socket_ = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path().copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(0, bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address));
    EXPECT_EQ(0, listen(socket_, 5));
  }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;
  ~SilentServer() { close(socket_); }
  const std::string& folder() const { return folder_.path(); }

 private:
  std::string path() const { return folder() + "/.s.PGSQL.5432"; }
  const support::TemporaryFolder folder_{};
  int socket_;
};

TEST_F(ConnectionTest, AServerThatIsStoppedWhenWeConnectIsUnavailableInTime) {
  const SilentServer server;
  auto parts = support::Database::of_this_binary().worker();
  parts.host = server.folder();
  parts.port = "5432";
  Connection db(conninfo(parts));
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(code_of([&] { db.begin(); }), Errc::unavailable);
  EXPECT_LT(since(start), milliseconds(2500));
}

TEST_F(ConnectionTest, OfSeveralHostsTheOneThatTakesWritesIsUsed) {
  auto parts = support::Database::of_this_binary().worker();
  parts.host = "/nonexistent," + parts.host;
  Connection db(conninfo(parts));
  EXPECT_GT(pid_of(db), 0);
}

}  // namespace
}  // namespace gatehouse::db
