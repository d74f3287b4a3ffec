// The text that libpq connects with, from its parts, each of them quoted. It holds the password: it is for
// Connection only, never for a log.
#pragma once

#include <chrono>
#include <string>

#include "base/secret.h"

namespace gatehouse::db {

// The schema that everything of ours lives in; Connection's statements name no schema.
inline constexpr const char* kSchema = "gatehouse";

struct ConnectionParts {
  std::string host;  // a folder (unix socket) or names, comma-separated: the one that takes writes is used
  std::string port;  // one for all hosts, or one each, comma-separated
  std::string user;
  Secret password;
  std::string dbname;
  std::string sslmode = "prefer";  // libpq's words; a unix socket has no TLS whatever this says
  std::string sslrootcert;         // a file; empty: none
  std::string application_name = "gatehouse";
  // What PostgreSQL itself ends a statement after; shorter than Connection's own patience, so that a slow
  // statement is cancelled in order and only a silent server is hung up on. 0: never.
  std::chrono::milliseconds statement_timeout{1500};
  std::chrono::milliseconds lock_timeout{1000};
  std::chrono::milliseconds idle_in_transaction_timeout{10000};
};

std::string conninfo(const ConnectionParts& parts);

}  // namespace gatehouse::db
