// The settings: one table (a row a setting), one struct, one reader of the .env form.
// A bad or missing value stops the program; all of them are named at once, none of their secret values is.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"

namespace gatehouse {

// What a setting was given as, by name. An empty value counts as unset.
using Environment = std::map<std::string, std::string>;

struct Config {
  std::string db_host;  // comma-separated; a path is a unix socket's folder
  int db_port = 0;
  std::string db_user;
  Secret db_password;
  std::string db_name;
  std::string db_worker_user;
  Secret db_worker_password;   // empty: derived from JWT_SECRET
  std::string db_sslmode;      // libpq's words: disable, prefer, require, verify-ca, verify-full
  std::string db_sslrootcert;  // a file, or empty

  Secret jwt_secret;
  Secret jwt_secret_previous;
  Secret vault_keys;

  std::string public_url;  // an origin, without a slash at the end
  std::string tls_cert_file;
  std::string tls_key_file;
  std::vector<std::string> trusted_proxies;
  std::optional<int> rate_limit_address;  // requests a second; nullopt: off
  std::optional<int> rate_limit_credential;
  std::optional<int> rate_limit_tenants;

  int db_shared_buffers = 0;  // MB
  int check_workers = 0;
  int read_workers = 0;
  int fast_workers = 0;
  int hash_parallel = 0;
  int hash_queue = 0;
  int outbound_workers = 0;
  int login_attempts = 0;
  Seconds login_window{};
  int password_min_length = 0;
  std::string password_blocklist;  // a file, or empty
  std::vector<std::string> cors_allowed_origins;

  Seconds access_token_ttl{};
  Seconds refresh_token_ttl{};
  Seconds refresh_grace{};
  std::string token_signing_alg;  // HS256, RS256, ES256, EdDSA
  Seconds revocation_stale_max{};
  std::string upstream_ca_file;  // or empty
  std::string tesla_token_url;
  std::string tesla_client_id;
  std::string tesla_token_format;  // json, form
  std::string provider_token_url;  // of the provider `generic`; empty: there is none
  std::string provider_client_id;
  Secret provider_client_secret;
  std::string provider_token_format;
  std::string provider_scope;
  Seconds provider_grace{};
  std::string vault_webhook_url;  // or empty
  Secret vault_webhook_secret;

  Seconds log_retention{};
  Seconds audit_retention{};

  std::string state_dir;
  std::string run_dir;  // sockets and pid files
  int http_port = 0;
  int https_port = 0;
  int coze_port = 0;
  std::vector<std::string> bind;
  std::string health_status;
  bool devtoken_reveal = false;
  Secret coze_private_key;  // PEM, with real line breaks
  std::string coze_key_dir;
  Secret coze_api_key;
  std::string coze_api_url;
  std::string coze_app_id;
  bool coze_cache = false;
  Secret line_channel_secret;
  Secret line_channel_access_token;
  std::vector<std::string> line_admin_user_ids;
  std::string line_api_url;
  std::string nginx_locations;  // a glob, or empty

  // Every setting of the table as text, defaults filled in: what `scripts/up` writes for the processes.
  Environment effective;
};

struct Setting {
  std::string_view name;
  enum class Need { optional, required } need;
  enum class Show { plain, secret } show;
  std::string_view fallback;  // the value where none is given
  std::string_view help;
  // Throws std::invalid_argument with the reason, which never repeats the value.
  void (*set)(Config&, const std::string& value);
};
std::span<const Setting> settings();

// what() has one line for each setting that is wrong.
class ConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Throws ConfigError. Names that are not in the table are ignored.
Config load_config(const Environment& given);

// The .env form: NAME=value, 'as it is', "with \n and \" escapes"; quoted values may span lines; # comments.
// Throws ConfigError naming the line.
Environment parse_env(std::string_view text);
// Empty where there is no such file; throws ConfigError where it cannot be read.
Environment read_env_file(const std::string& path);
// The opposite of parse_env.
std::string to_env(const Environment& values);

// The process's own environment, only names of the table.
Environment process_environment();

}  // namespace gatehouse
