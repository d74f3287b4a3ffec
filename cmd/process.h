// What every long-running program of Gatehouse does at its start: settings from the file that `up` wrote, a
// pid file by which `up` and `down` find the process, a connection to PostgreSQL as the role that owns
// nothing.
#pragma once

#include <string>

#include "base/config.h"
#include "crypto/seal.h"
#include "db/connection.h"
#include "flows/coze.h"
#include "flows/housekeeping.h"
#include "flows/outbox.h"
#include "flows/passwords.h"
#include "flows/token_keys.h"
#include "flows/token_pair.h"

namespace gatehouse::cmd {

// Exists as long as the object: <run folder>/<name>-<pid>.pid with the pid in it.
class PidFile {
 public:
  PidFile(const std::string& run_dir, const std::string& name);
  ~PidFile();
  PidFile(const PidFile&) = delete;
  PidFile& operator=(const PidFile&) = delete;

 private:
  std::string path_;
};

// Throws ConfigError, also where the file is missing.
Config load_settings_file(const std::string& path);

db::Connection connect_as_worker(const Config& config, const std::string& application);
db::Connection connect_as_owner(const Config& config);
Secret worker_password(const Config& config);

flows::TokenKeys make_token_keys(const Config& config);
// Throws ConfigError where VAULT_KEYS does not open the signing keys. PostgreSQL away is no reason not to
// start: /health looks again.
void require_vault_keys(db::Connection& db, const crypto::SealKeys& seal);
flows::TokenTimes token_times(const Config& config);
// Reads PASSWORD_BLOCKLIST; throws ConfigError where it cannot.
flows::Passwords make_passwords(const Config& config);
// Reads JWT_PRIVATE_KEY_DIR; throws ConfigError where a key is none.
flows::Coze make_coze(const Config& config);
flows::Retention retention(const Config& config);
// Where the messages of the outbox go. Both must outlive what it returns.
flows::Endpoints endpoints(const Config& config, const Clock& clock);

// A program that cannot start says why, waits a second (its supervisor starts it again at once), and
// returns 1.
int fail_to_start(const std::string& why);

}  // namespace gatehouse::cmd
