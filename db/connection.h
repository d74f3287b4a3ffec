// The one connection of a process to PostgreSQL, and the only caller of libpqxx.
// Every failure of the driver leaves as an Error: unique violation -> conflict; what a row refers to gone ->
// not_found; PostgreSQL away, too slow, or no longer the primary -> unavailable; text that PostgreSQL cannot
// hold -> invalid_request; the rest -> internal. The driver's words are in the cause; the password never is.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "db/rows.h"
#include "db/statement.h"

namespace gatehouse::db {

class Connection;

// One transaction. Rolls back unless committed. One at a time per Connection, which must outlive it.
class Tx {
 public:
  Tx(Tx&&) noexcept;
  Tx& operator=(Tx&&) = delete;
  ~Tx();

  template <class... Args>
  Rows run(const Statement& statement, const Args&... args) {
    return run_with(statement, {Arg(args)...});
  }

  // From here on row-level security shows and takes this tenant's rows only, until the transaction ends.
  void as_tenant(const TenantId& tenant);

  void commit();

  // That something is revoked in it, or changed of what workers remember: its commit returns when that is in
  // force. See Connection::on_revocation.
  void note_revocation();

 private:
  friend class Connection;
  struct Impl;
  explicit Tx(std::unique_ptr<Impl> impl);
  Rows run_with(const Statement& statement, const std::vector<Arg>& args);
  std::unique_ptr<Impl> impl_;
};

// Belongs to one thread at a time. Constructing it does not connect: the first use does, and so does the
// first use after PostgreSQL went away. Within `patience` every call has an answer or throws unavailable,
// also when the server hangs without closing the connection (a call that must connect first: connect_timeout
// more).
class Connection {
 public:
  explicit Connection(std::string conninfo, std::chrono::milliseconds patience = std::chrono::seconds(2));
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) = delete;
  ~Connection();

  // Reconnects where needed; retries BEGIN once, when nothing of the caller's has run.
  Tx begin();

  // One reading statement without BEGIN; run again, once, where the connection turns out to be broken.
  template <class... Args>
  Rows read(const Statement& statement, const Args&... args) {
    return read_with(statement, {Arg(args)...});
  }

  // One writing statement that commits itself. Never run twice: where the connection breaks, it may have
  // happened.
  template <class... Args>
  Rows execute(const Statement& statement, const Args&... args) {
    return execute_with(statement, {Arg(args)...});
  }

  // What is called after each commit of a transaction that has revoked something, and returns when that is in
  // force wherever this process answers for it. Must not throw: what is committed has happened.
  void on_revocation(std::function<void()> await);

  // How many times it has waited for PostgreSQL's answer; BEGIN and COMMIT count like any other statement.
  std::uint64_t calls() const;

  // As read, for who wants to know whether PostgreSQL answers: nullopt and `why` instead of
  // Error(unavailable).
  std::optional<Rows> probe(const Statement& statement, std::string& why);

 private:
  friend class Tx;
  struct Impl;
  Rows read_with(const Statement& statement, const std::vector<Arg>& args);
  Rows execute_with(const Statement& statement, const std::vector<Arg>& args);
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::db
