#include "db/connection.h"

#include <poll.h>

#include <functional>
#include <map>
#include <pqxx/pqxx>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "db/watchdog.h"

namespace gatehouse::db {

namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

// How long calls fail at once after PostgreSQL kept one waiting in vain: a queue of requests that each waited
// out the whole patience would take the worker away from everybody.
constexpr std::chrono::seconds kPause{1};

struct Verdict {
  Errc code;
  bool broken = false;  // the connection is of no more use
};

// By SQLSTATE (PostgreSQL's appendix A).
Verdict judge(std::string_view state) {
  if (state == "23505") return {Errc::conflict};
  if (state == "23503") return {Errc::not_found};                            // what a row refers to has gone
  if (state == "22021" || state == "22P05") return {Errc::invalid_request};  // no UTF-8, or no such character
  if (state == "57014" || state == "55P03") return {Errc::unavailable};  // statement or lock took too long
  // Shut down, starting, idle in transaction for too long; 25006: this server is a standby now.
  if (state.starts_with("08") || state.starts_with("57P") || state == "25P03" || state == "25006") {
    return {Errc::unavailable, true};
  }
  if (state.starts_with("40") || state.starts_with("53")) return {Errc::unavailable};  // rolled back; full
  return {Errc::internal};
}

std::string one_line(std::string_view words) {
  std::string line;
  for (const char c : words) line += c == '\n' ? ' ' : c;
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

// A connection that is up, and what belongs to it alone.
struct Session {
  explicit Session(const std::string& conninfo) : link(conninfo), quiet(link), watchdog(link.sock()) {
    // Without DETAIL, which repeats the values of a row.
    link.set_verbosity(pqxx::connection_base::terse);
    // libpqxx 6 would reconnect at BEGIN by itself, to a socket that the watchdog does not know. Deprecated
    // only because libpqxx 7 never reconnects.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    link.inhibit_reactivation(true);
#pragma GCC diagnostic pop
  }

  // Prepared by PostgreSQL on first use.
  const std::string& name_of(const Statement& statement) {
    auto known = prepared.find(std::string_view(statement.name));
    if (known == prepared.end()) {
      link.prepare(statement.name, statement.sql);
      known = prepared.emplace(statement.name, statement.sql).first;
    }
    if (known->second != statement.sql) {
      throw Error(Errc::internal, {}, "two statements are called " + known->first);
    }
    return known->first;
  }

  pqxx::connection link;
  pqxx::quiet_errorhandler quiet;
  Watchdog watchdog;
  std::map<std::string, std::string, std::less<>> prepared{};  // name and text
};

constexpr Statement kSetTenant{"tenant_set", R"sql(
  SELECT set_config('app.tenant', $1, true))sql"};

}  // namespace

struct Connection::Impl {
  std::string conninfo;
  std::chrono::milliseconds patience;
  std::shared_ptr<Session> session{};
  bool broken = false;  // the session is of no more use
  bool hung = false;    // it broke because PostgreSQL did not answer
  SteadyTime pause_ends{};
  std::uint64_t calls = 0;
  std::function<void()> await_revocation{};

  void connect();
  bool closed_by_server() const;
  [[noreturn]] void fail(Verdict verdict, const std::string& cause);
  void stop_watching() noexcept;

  // Runs `action`, which talks to PostgreSQL, under the watchdog; whatever fails leaves as an Error.
  template <class Action>
  auto guarded(Action action);
  Rows run_in(pqxx::transaction_base& transaction, const Statement& statement, const std::vector<Arg>& args);
  Rows exec(pqxx::transaction_base& transaction, const Statement& statement, const std::vector<Arg>& args);
  Rows run_alone(const Statement& statement, const std::vector<Arg>& args);
  std::unique_ptr<pqxx::work> open();
};

void Connection::Impl::connect() {
  if (broken) session.reset();
  if (session) return;
  const SteadyTime start = std::chrono::steady_clock::now();
  if (start < pause_ends) throw Error(Errc::unavailable, {}, "PostgreSQL did not answer a moment ago");
  broken = false;
  hung = false;
  try {
    session = std::make_shared<Session>(conninfo);
  } catch (const pqxx::failure& e) {
    const SteadyTime end = std::chrono::steady_clock::now();
    if (end - start >= kPause) pause_ends = end + kPause;
    throw Error(Errc::unavailable, {}, one_line(e.what()));
  }
}

// An idle connection has nothing to say, unless it is to end.
bool Connection::Impl::closed_by_server() const {
  pollfd socket{session->link.sock(), POLLIN, 0};
  return poll(&socket, 1, 0) != 0;
}

void Connection::Impl::fail(Verdict verdict, const std::string& cause) {
  broken = broken || verdict.broken || !session->link.is_open();
  if (hung) throw Error(Errc::unavailable, {}, "PostgreSQL did not answer in time; " + cause);
  throw Error(broken ? Errc::unavailable : verdict.code, {}, cause);
}

void Connection::Impl::stop_watching() noexcept {
  if (!session->watchdog.disarm()) return;
  hung = true;
  broken = true;
  pause_ends = std::chrono::steady_clock::now() + kPause;
}

template <class Action>
auto Connection::Impl::guarded(Action action) {
  ++calls;
  session->watchdog.arm(patience);
  try {
    auto result = action();
    stop_watching();
    return result;
  } catch (const pqxx::sql_error& e) {
    stop_watching();
    const std::string& state = e.sqlstate();
    const std::string words = one_line(e.what());
    // libpqxx 6 drops a few states, all of which are internal. But what does not begin as the server's errors
    // do is libpq's own word: the connection went while the statement was being sent, which libpq does not
    // always call broken.
    if (state.empty() && !words.starts_with("ERROR:")) fail({Errc::unavailable, true}, words);
    fail(judge(state), state + (state.empty() ? "" : " ") + words);
  } catch (const pqxx::transaction_rollback& e) {  // serialization, deadlock: not an sql_error in libpqxx 6
    stop_watching();
    fail({Errc::unavailable}, one_line(e.what()));
  } catch (const pqxx::in_doubt_error& e) {  // the connection went during COMMIT
    stop_watching();
    fail({Errc::unavailable, true}, one_line(e.what()));
  } catch (const pqxx::broken_connection& e) {
    stop_watching();
    fail({Errc::unavailable, true}, one_line(e.what()));
  } catch (const pqxx::pqxx_exception& e) {
    stop_watching();
    fail({Errc::internal}, one_line(e.base().what()));
  }
}

// Only within guarded().
Rows Connection::Impl::exec(pqxx::transaction_base& transaction, const Statement& statement,
                            const std::vector<Arg>& args) {
  std::vector<const char*> texts;
  texts.reserve(args.size());
  for (const Arg& arg : args) texts.push_back(arg.text());
  return Rows(std::make_shared<const pqxx::result>(
      transaction.exec_prepared(session->name_of(statement), pqxx::prepare::make_dynamic_params(texts))));
}

Rows Connection::Impl::run_in(pqxx::transaction_base& transaction, const Statement& statement,
                              const std::vector<Arg>& args) {
  return guarded([&] { return exec(transaction, statement, args); });
}

// The constructor reads what the connection has to say, too, and may find it broken.
Rows Connection::Impl::run_alone(const Statement& statement, const std::vector<Arg>& args) {
  return guarded([&] {
    pqxx::nontransaction alone(session->link);
    return exec(alone, statement, args);
  });
}

std::unique_ptr<pqxx::work> Connection::Impl::open() {
  return guarded([this] { return std::make_unique<pqxx::work>(session->link); });
}

Connection::Connection(std::string conninfo, std::chrono::milliseconds patience)
    : impl_(new Impl{std::move(conninfo), patience}) {}
Connection::Connection(Connection&&) noexcept = default;
Connection::~Connection() = default;

Rows Connection::read_with(const Statement& statement, const std::vector<Arg>& args) {
  impl_->connect();
  try {
    return impl_->run_alone(statement, args);
  } catch (const Error&) {
    if (!impl_->broken || impl_->hung) throw;
  }
  impl_->connect();
  return impl_->run_alone(statement, args);
}

Rows Connection::execute_with(const Statement& statement, const std::vector<Arg>& args) {
  impl_->connect();
  if (impl_->closed_by_server()) {
    impl_->broken = true;
    impl_->connect();
  }
  return impl_->run_alone(statement, args);
}

void Connection::on_revocation(std::function<void()> await) { impl_->await_revocation = std::move(await); }

std::uint64_t Connection::calls() const { return impl_->calls; }

std::optional<Rows> Connection::probe(const Statement& statement, std::string& why) {
  try {
    return read(statement);
  } catch (const Error& e) {
    if (e.code() != Errc::unavailable) throw;
    why = e.cause();
    return std::nullopt;
  }
}

struct Tx::Impl {
  Connection::Impl& connection;
  std::shared_ptr<Session> session;  // declared before `work`, which ends on it
  std::unique_ptr<pqxx::work> work;
  std::string tenant{};
  bool revokes = false;
};

Tx Connection::begin() {
  impl_->connect();
  std::unique_ptr<pqxx::work> work;
  try {
    work = impl_->open();
  } catch (const Error&) {
    if (!impl_->broken || impl_->hung) throw;
  }
  if (!work) {
    impl_->connect();
    work = impl_->open();
  }
  return Tx(std::unique_ptr<Tx::Impl>(new Tx::Impl{*impl_, impl_->session, std::move(work)}));
}

Tx::Tx(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Tx::Tx(Tx&&) noexcept = default;

// libpqxx sends the ROLLBACK, and keeps what goes wrong with it to itself.
Tx::~Tx() {
  if (!impl_) return;
  auto& connection = impl_->connection;
  if (connection.session != impl_->session) return;  // dropped, and the server with it has rolled back
  connection.session->watchdog.arm(connection.patience);
  impl_->work.reset();
  connection.stop_watching();
  if (!connection.session->link.is_open()) connection.broken = true;
}

Rows Tx::run_with(const Statement& statement, const std::vector<Arg>& args) {
  return impl_->connection.run_in(*impl_->work, statement, args);
}

void Tx::as_tenant(const TenantId& tenant) {
  if (impl_->tenant == tenant.str()) return;
  run(kSetTenant, tenant.str());
  impl_->tenant = tenant.str();
}

void Tx::note_revocation() { impl_->revokes = true; }

void Tx::commit() {
  impl_->connection.guarded([this] {
    impl_->work->commit();
    return true;
  });
  if (impl_->revokes && impl_->connection.await_revocation) impl_->connection.await_revocation();
}

}  // namespace gatehouse::db
