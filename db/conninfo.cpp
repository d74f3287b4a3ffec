#include "db/conninfo.h"

#include <string_view>

namespace gatehouse::db {

namespace {

// libpq's own quoting: 'value', with backslashes before quotes and backslashes.
void add(std::string& info, std::string_view key, std::string_view value) {
  info += info.empty() ? "" : " ";
  info += key;
  info += "='";
  for (const char c : value) {
    if (c == '\'' || c == '\\') info += '\\';
    info += c;
  }
  info += '\'';
}

// What every statement of ours relies on, whatever the server, the database or the role was set to.
std::string options(const ConnectionParts& parts) {
  const auto milliseconds = [](std::string_view name, std::chrono::milliseconds value) {
    return " -c " + std::string(name) + "=" + std::to_string(value.count());
  };
  return std::string("-c search_path=") + kSchema +
         " -c timezone=UTC -c datestyle=ISO -c bytea_output=hex -c default_transaction_isolation=read\\ "
         "committed" +
         milliseconds("statement_timeout", parts.statement_timeout) +
         milliseconds("lock_timeout", parts.lock_timeout) +
         milliseconds("idle_in_transaction_session_timeout", parts.idle_in_transaction_timeout);
}

}  // namespace

std::string conninfo(const ConnectionParts& parts) {
  std::string info;
  add(info, "host", parts.host);
  add(info, "port", parts.port);
  add(info, "user", parts.user);
  if (!parts.password.empty()) add(info, "password", parts.password.reveal());
  add(info, "dbname", parts.dbname);
  // Always said, so that no PGSSLMODE of the environment weakens it.
  add(info, "sslmode", parts.sslmode);
  if (!parts.sslrootcert.empty()) add(info, "sslrootcert", parts.sslrootcert);
  add(info, "application_name", parts.application_name);
  add(info, "client_encoding", "UTF8");
  // Of several hosts the one that takes writes; a primary that became a standby is left alone.
  add(info, "target_session_attrs", "read-write");
  add(info, "connect_timeout", "2");  // seconds for each host; libpq knows no shorter one
  add(info, "keepalives", "1");
  add(info, "keepalives_idle", "5");
  add(info, "keepalives_interval", "2");
  add(info, "keepalives_count", "2");
  add(info, "tcp_user_timeout", "2000");
  add(info, "options", options(parts));
  return info;
}

}  // namespace gatehouse::db
