#include "cmd/process.h"

#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <thread>

#include "base/error.h"
#include "base/log.h"
#include "db/conninfo.h"
#include "flows/line_reply.h"
#include "flows/revocations.h"
#include "flows/seal_keys.h"
#include "flows/signing_keys.h"
#include "flows/vault_webhook.h"

namespace gatehouse::cmd {

namespace {

db::ConnectionParts parts_of(const Config& config) {
  db::ConnectionParts parts;
  parts.host = config.db_host;
  parts.port = std::to_string(config.db_port);
  parts.dbname = config.db_name;
  parts.sslmode = config.db_sslmode;
  parts.sslrootcert = config.db_sslrootcert;
  // A statement is cancelled in order before the connection loses patience with a silent server.
  const std::chrono::milliseconds patience = config.revocation_stale_max;
  parts.statement_timeout = patience * 3 / 4;
  parts.lock_timeout = patience / 2;
  return parts;
}

}  // namespace

PidFile::PidFile(const std::string& run_dir, const std::string& name)
    : path_(run_dir + "/" + name + "-" + std::to_string(getpid()) + ".pid") {
  std::ofstream file(path_);
  file << getpid() << '\n';
  if (!file.flush()) throw ConfigError("GATEHOUSE_RUN_DIR: cannot write " + path_ + "\n");
}

PidFile::~PidFile() { std::remove(path_.c_str()); }

Config load_settings_file(const std::string& path) {
  const Environment values = read_env_file(path);
  if (values.empty()) throw ConfigError(path + ": no settings there; scripts/up writes them\n");
  return load_config(values);
}

Secret worker_password(const Config& config) {
  return config.db_worker_password.empty() ? flows::derived_password(config.jwt_secret, "worker")
                                           : config.db_worker_password;
}

db::Connection connect_as_worker(const Config& config, const std::string& application) {
  auto parts = parts_of(config);
  parts.user = config.db_worker_user;
  parts.password = worker_password(config);
  parts.application_name = application;
  return db::Connection(db::conninfo(parts), config.revocation_stale_max);
}

namespace {

// A command returns when what it has revoked is in force, however many transactions that took: it waits once,
// when it lets go of the connection.
struct InForceAtTheEnd {
  InForceAtTheEnd(const std::string& folder, Seconds stale_max) : revocations(folder, stale_max) {}
  ~InForceAtTheEnd() {
    // Where no feed has ever been, no worker is either that would have to know.
    if (wanted && revocations.has_had_feed()) revocations.await();
  }
  InForceAtTheEnd(const InForceAtTheEnd&) = delete;
  InForceAtTheEnd& operator=(const InForceAtTheEnd&) = delete;

  flows::Revocations revocations;
  bool wanted = false;
};

}  // namespace

db::Connection connect_as_owner(const Config& config) {
  auto parts = parts_of(config);
  parts.user = config.db_user;
  parts.password = config.db_password;  // none in the private cluster: it knows us by our system user
  parts.application_name = "gatehouse administration";
  // A person waits here, and longer than a request may.
  parts.statement_timeout = std::chrono::seconds(60);
  parts.lock_timeout = std::chrono::seconds(10);
  db::Connection db(db::conninfo(parts), std::chrono::seconds(65));
  db.on_revocation([at_the_end = std::make_shared<InForceAtTheEnd>(
                        config.run_dir, config.revocation_stale_max)] { at_the_end->wanted = true; });
  return db;
}

flows::TokenKeys make_token_keys(const Config& config) {
  return flows::TokenKeys(
      {config.public_url, config.token_signing_alg, config.jwt_secret, config.jwt_secret_previous});
}

void require_vault_keys(db::Connection& db, const crypto::SealKeys& seal) {
  std::optional<std::string> unopened;
  std::optional<std::string> fault;
  try {
    unopened = flows::find_unopened_key(db, seal, SystemClock().now());
    fault = flows::fault_of_seal_keys(db, seal);
  } catch (const Error& error) {
    log::error("the signing keys could not be looked at", json::Object().add("why", error.what()));
  }
  if (unopened) throw ConfigError("VAULT_KEYS: no entry opens the signing key " + *unopened + "\n");
  if (fault) throw ConfigError("VAULT_KEYS: " + *fault + "\n");
}

flows::TokenTimes token_times(const Config& config) {
  return {config.access_token_ttl, config.refresh_token_ttl, config.refresh_grace};
}

flows::Passwords make_passwords(const Config& config) {
  std::vector<std::string> blocked;
  if (!config.password_blocklist.empty()) {
    std::ifstream file(config.password_blocklist);
    for (std::string line; std::getline(file, line);) {
      if (line.ends_with('\r')) line.pop_back();
      if (!line.empty()) blocked.push_back(line);
    }
    if (!file.eof())
      throw ConfigError("PASSWORD_BLOCKLIST: cannot be read: " + config.password_blocklist + "\n");
  }
  return flows::Passwords(static_cast<std::size_t>(config.password_min_length), blocked);
}

flows::Coze make_coze(const Config& config) {
  try {
    return flows::Coze({config.coze_api_url, config.coze_app_id, config.coze_api_key, config.coze_private_key,
                        config.coze_key_dir, config.coze_cache});
  } catch (const std::invalid_argument& reason) {
    throw ConfigError(std::string(reason.what()) + "\n");
  }
}

flows::Retention retention(const Config& config) {
  return {config.log_retention, config.audit_retention, config.devtoken_reveal};
}

flows::Endpoints endpoints(const Config& config, const Clock& clock) {
  flows::Endpoints all;
  if (!config.line_channel_access_token.empty()) {
    all[flows::kLineReplyKind] = [&config](const std::string& body) {
      return flows::line_reply_call(config.line_api_url, config.line_channel_access_token, body);
    };
  }
  if (!config.vault_webhook_url.empty()) {
    all[flows::kVaultWebhookKind] = [&config, &clock](const std::string& body) {
      return flows::webhook_call(config.vault_webhook_url, config.vault_webhook_secret, body, clock.now());
    };
  }
  return all;
}

int fail_to_start(const std::string& why) {
  log::error("cannot start", json::Object().add("why", why));
  std::this_thread::sleep_for(std::chrono::seconds(1));
  return 1;
}

}  // namespace gatehouse::cmd
