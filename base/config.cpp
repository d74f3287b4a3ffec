#include "base/config.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <thread>

#include "base/setting_values.h"
#include "base/url.h"

namespace gatehouse {

namespace {

using namespace setting_values;

std::string one_of(const std::string& value, std::span<const std::string_view> allowed) {
  std::string names;
  for (const auto name : allowed) {
    if (value == name) return value;
    names += (names.empty() ? "" : ", ") + std::string(name);
  }
  bad("must be one of " + names);
}

std::string signing_alg(const std::string& value) {
  static constexpr std::array<std::string_view, 4> kAllowed{"HS256", "ES256", "EdDSA", "RS256"};
  return one_of(value, kAllowed);
}

std::string sslmode(const std::string& value) {
  static constexpr std::array<std::string_view, 5> kAllowed{"disable", "prefer", "require", "verify-ca",
                                                            "verify-full"};
  return one_of(value, kAllowed);
}

std::string health_status(const std::string& value) {
  static constexpr std::array<std::string_view, 2> kAllowed{"healthy", "ok"};
  return one_of(value, kAllowed);
}

bool on_or_off(const std::string& value) {
  static constexpr std::array<std::string_view, 2> kAllowed{"on", "off"};
  return one_of(value, kAllowed) == "on";
}

std::string token_format(const std::string& value) {
  static constexpr std::array<std::string_view, 2> kAllowed{"json", "form"};
  return one_of(value, kAllowed);
}

std::string provider_url(const std::string& value) {
  const auto url = parse_url(value);
  if (!url || (!url->https && !url->names_loopback()))
    bad("must begin with https:// (http:// only for 127.0.0.1, ::1 and localhost), without user or fragment");
  return value;
}

Secret webhook_secret(const std::string& value) {
  if (value.size() < 32) bad("must have at least 32 characters");
  return Secret(value);
}

std::string path(const std::string& value) {
  if (!harmless(value).starts_with('/')) bad("must be an absolute path");
  return value.size() > 1 && value.ends_with('/') ? value.substr(0, value.size() - 1) : value;
}

// One line of a .env file may carry it, its line breaks written as \n.
std::string pem(const std::string& value) {
  std::string text = value;
  for (auto at = text.find("\\n"); at != std::string::npos; at = text.find("\\n", at))
    text.replace(at, 2, "\n");
  if (text.find("PRIVATE KEY-----") == std::string::npos) bad("must be a private key in PEM");
  return text;
}

std::string url(const std::string& value) {
  if (!parse_url(value)) bad("must be a URL such as https://host/path");
  return value;
}

std::string readable(const std::string& file) {
  if (!std::ifstream(file).is_open()) bad("cannot be read: " + file);
  return file;
}

// The machine's, or what its container may have.
int memory_mb() {
  auto bytes =
      static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  for (const char* file : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"})
    if (std::uint64_t bound = 0; std::ifstream(file) >> bound) bytes = std::min(bytes, bound);
  return static_cast<int>(bytes >> 20U);
}

constexpr auto kOptional = Setting::Need::optional;
constexpr auto kRequired = Setting::Need::required;
constexpr auto kPlain = Setting::Show::plain;
constexpr auto kSecret = Setting::Show::secret;
constexpr Seconds kYear{365L * 86400};

// clang-format off
constexpr Setting kSettings[] = {
    {"DB_HOST", kOptional, kPlain, "", "PostgreSQL's host, or several, comma-separated: the one that takes writes is used; unset = a private PostgreSQL in the state folder",
     [](Config& c, const std::string& v) { c.db_host = harmless(v); }},
    {"DB_PORT", kOptional, kPlain, "5432", "PostgreSQL's port",
     [](Config& c, const std::string& v) { c.db_port = whole_number(v, 1, 65535); }},
    {"DB_USER", kOptional, kPlain, "gatehouse", "the role that owns the database (LOGIN CREATEROLE), for migrations and administration",
     [](Config& c, const std::string& v) { c.db_user = identifier(v); }},
    {"DB_PASSWORD", kOptional, kSecret, "", "that role's password; the private PostgreSQL asks for none",
     [](Config& c, const std::string& v) { c.db_password = Secret(v); }},
    {"DB_NAME", kOptional, kPlain, "gatehouse", "the database; with DB_HOST set it must exist",
     [](Config& c, const std::string& v) { c.db_name = identifier(v); }},
    {"DB_WORKER_USER", kOptional, kPlain, "", "the workers' own role, which owns nothing; unset = DB_NAME and _worker",
     [](Config& c, const std::string& v) { c.db_worker_user = identifier(v); }},
    {"DB_WORKER_PASSWORD", kOptional, kSecret, "", "that role's password; unset = derived from JWT_SECRET, so that all hosts agree",
     [](Config& c, const std::string& v) { c.db_worker_password = Secret(v); }},
    {"DB_SSLMODE", kOptional, kPlain, "prefer", "TLS to PostgreSQL, in libpq's words: disable, prefer, require, verify-ca or verify-full; over a network verify-full",
     [](Config& c, const std::string& v) { c.db_sslmode = sslmode(v); }},
    {"DB_SSLROOTCERT", kOptional, kPlain, "", "the certificates (PEM) that PostgreSQL's is checked against; verify-ca and verify-full need it",
     [](Config& c, const std::string& v) { c.db_sslrootcert = readable(path(v)); }},
    {"DB_SHARED_BUFFERS", kOptional, kPlain, "", "MB of memory for the private PostgreSQL's cache; unset = a quarter of the machine's, 128 at least and 4096 at most (several instances on one machine: set it)",
     [](Config& c, const std::string& v) { c.db_shared_buffers = whole_number(v, 16, memory_mb()); }},
    {"JWT_SECRET", kRequired, kSecret, "", "at least 32 random bytes, the same on all hosts: openssl rand -base64 48",
     [](Config& c, const std::string& v) { c.jwt_secret = jwt_secret(v); }},
    {"JWT_SECRET_PREVIOUS", kOptional, kSecret, "", "the one before: it still checks and never signs, so that JWT_SECRET can be changed",
     [](Config& c, const std::string& v) { c.jwt_secret_previous = jwt_secret(v); }},
    {"VAULT_KEYS", kRequired, kSecret, "", "id:base64 of 32 bytes, comma-separated; the first seals, all open; the same on all hosts",
     [](Config& c, const std::string& v) { c.vault_keys = vault_keys(v); }},
    {"PUBLIC_URL", kOptional, kPlain, "", "the origin that clients use: iss, metadata; a new one ends every JWT; unset = https://localhost and GATEHOUSE_HTTPS_PORT",
     [](Config& c, const std::string& v) { c.public_url = origin(v); }},
    {"TLS_CERT_FILE", kOptional, kPlain, "", "certificate chain (PEM); unset = a self-signed one for localhost, 127.0.0.1, ::1",
     [](Config& c, const std::string& v) { c.tls_cert_file = path(v); }},
    {"TLS_KEY_FILE", kOptional, kPlain, "", "its private key (PEM)",
     [](Config& c, const std::string& v) { c.tls_key_file = path(v); }},
    {"TRUSTED_PROXIES", kOptional, kPlain, "", "networks whose X-Forwarded-For is believed, comma-separated; unset = nobody's",
     [](Config& c, const std::string& v) { c.trusted_proxies = addresses(v); }},
    {"RATE_LIMIT_ADDRESS", kOptional, kPlain, "200/s", "requests of one client address (IPv6: of one /64); n/s or off",
     [](Config& c, const std::string& v) { c.rate_limit_address = rate(v); }},
    {"RATE_LIMIT_CREDENTIAL", kOptional, kPlain, "500/s", "requests with one credential, by the text of the Authorization header (one in a body counts by its address alone); n/s or off",
     [](Config& c, const std::string& v) { c.rate_limit_credential = rate(v); }},
    {"RATE_LIMIT_TENANTS", kOptional, kPlain, "1/s", "open creation of tenants and services by one address; n/s or off",
     [](Config& c, const std::string& v) { c.rate_limit_tenants = rate(v); }},
    {"CHECK_WORKERS", kOptional, kPlain, "", "workers for token checks and client_credentials, which answer by turns; unset = the number of cores, 2 at least and 32 at most",
     [](Config& c, const std::string& v) { c.check_workers = whole_number(v, 1, 256); }},
    {"READ_WORKERS", kOptional, kPlain, "", "workers for users and vault tokens that are read, which answer by turns; unset = 2 a core, 4 at least and 32 at most",
     [](Config& c, const std::string& v) { c.read_workers = whole_number(v, 1, 256); }},
    {"FAST_WORKERS", kOptional, kPlain, "", "workers for everything else that neither hashes a password nor calls a provider; unset = 4 a core, 8 at least and 64 at most",
     [](Config& c, const std::string& v) { c.fast_workers = whole_number(v, 2, 256); }},
    {"HASH_PARALLEL", kOptional, kPlain, "", "passwords hashed at once (32 MiB and a core each); unset = the number of cores",
     [](Config& c, const std::string& v) { c.hash_parallel = whole_number(v, 1, 256); }},
    {"HASH_QUEUE", kOptional, kPlain, "256", "password requests that may wait for that, seven eighths of them (64 at least) from one address (IPv6: one /64); beyond: 503",
     [](Config& c, const std::string& v) { c.hash_queue = whole_number(v, 1, 65535); }},
    {"OUTBOUND_WORKERS", kOptional, kPlain, "8", "calls to providers and Coze at once, one worker each; one of these upstreams holds half of them at most",
     [](Config& c, const std::string& v) { c.outbound_workers = whole_number(v, 2, 256); }},
    {"LOGIN_ATTEMPTS", kOptional, kPlain, "10", "wrong passwords for one account from one address (IPv6: one /64) in LOGIN_WINDOW; ten times as many from one address over all accounts; beyond: 429",
     [](Config& c, const std::string& v) { c.login_attempts = whole_number(v, 1, 1'000'000); }},
    {"LOGIN_WINDOW", kOptional, kPlain, "15m", "how long wrong passwords count",
     [](Config& c, const std::string& v) { c.login_window = duration(v, Seconds(1), Seconds(86400)); }},
    {"PASSWORD_MIN_LENGTH", kOptional, kPlain, "6", "characters that a new password must have; the .env that scripts/up makes says 8",
     [](Config& c, const std::string& v) { c.password_min_length = whole_number(v, 6, 128); }},
    {"PASSWORD_BLOCKLIST", kOptional, kPlain, "", "a file of passwords to refuse besides the most common ones, one a line",
     [](Config& c, const std::string& v) { c.password_blocklist = readable(path(v)); }},
    {"CORS_ALLOWED_ORIGINS", kOptional, kPlain, "", "origins whose pages may call /v1/auth/… and /v1/users/me, comma-separated, such as https://app.example.com; unset = none",
     [](Config& c, const std::string& v) { c.cors_allowed_origins = origins(v); }},
    {"ACCESS_TOKEN_TTL", kOptional, kPlain, "900", "life of an access token",
     [](Config& c, const std::string& v) { c.access_token_ttl = duration(v, Seconds(30), Seconds(86400)); }},
    {"REFRESH_TOKEN_TTL", kOptional, kPlain, "2592000", "life of a family of refresh tokens; rotation does not extend it",
     [](Config& c, const std::string& v) { c.refresh_token_ttl = duration(v, Seconds(60), kYear); }},
    {"REFRESH_GRACE", kOptional, kPlain, "10", "how long a retry with the refresh token just rotated gets the same successors; 0 = never, and two refreshes at once end the family",
     [](Config& c, const std::string& v) { c.refresh_grace = duration(v, Seconds(0), Seconds(300)); }},
    {"TOKEN_SIGNING_ALG", kOptional, kPlain, "HS256", "HS256, ES256, EdDSA or RS256: what is issued from now on",
     [](Config& c, const std::string& v) { c.token_signing_alg = signing_alg(v); }},
    {"REVOCATION_STALE_MAX", kOptional, kPlain, "2s", "how old what a worker knows about revocations may be before it answers 503 (at most 10 s)",
     [](Config& c, const std::string& v) { c.revocation_stale_max = duration(v, Seconds(1), Seconds(10)); }},
    {"TESLA_TOKEN_URL", kOptional, kPlain, "https://auth.tesla.com/oauth2/v3/token", "where tokens of the provider tesla are refreshed",
     [](Config& c, const std::string& v) { c.tesla_token_url = provider_url(v); }},
    {"TESLA_CLIENT_ID", kOptional, kPlain, "ownerapi", "the client that they were issued to; the Fleet API wants yours",
     [](Config& c, const std::string& v) { c.tesla_client_id = v; }},
    {"TESLA_TOKEN_FORMAT", kOptional, kPlain, "json", "json, or form as the Fleet API wants it",
     [](Config& c, const std::string& v) { c.tesla_token_format = token_format(v); }},
    {"PROVIDER_TOKEN_URL", kOptional, kPlain, "", "the token endpoint (RFC 6749) of one more provider, called generic",
     [](Config& c, const std::string& v) { c.provider_token_url = provider_url(v); }},
    {"PROVIDER_CLIENT_ID", kOptional, kPlain, "", "its client id",
     [](Config& c, const std::string& v) { c.provider_client_id = v; }},
    {"PROVIDER_CLIENT_SECRET", kOptional, kSecret, "", "its client secret, where it has one",
     [](Config& c, const std::string& v) { c.provider_client_secret = Secret(v); }},
    {"PROVIDER_TOKEN_FORMAT", kOptional, kPlain, "form", "form or json",
     [](Config& c, const std::string& v) { c.provider_token_format = token_format(v); }},
    {"PROVIDER_SCOPE", kOptional, kPlain, "", "the scope to ask for when refreshing; unset = none",
     [](Config& c, const std::string& v) { c.provider_scope = v; }},
    {"PROVIDER_GRACE", kOptional, kPlain, "0", "how long its refresh token before the current one still works",
     [](Config& c, const std::string& v) { c.provider_grace = duration(v, Seconds(0), Seconds(30L * 86400)); }},
    {"VAULT_WEBHOOK_URL", kOptional, kPlain, "", "told when a third-party token needs a new login, and when it works again",
     [](Config& c, const std::string& v) { c.vault_webhook_url = provider_url(v); }},
    {"VAULT_WEBHOOK_SECRET", kOptional, kSecret, "", "signs what is sent there; at least 32 characters",
     [](Config& c, const std::string& v) { c.vault_webhook_secret = webhook_secret(v); }},
    {"UPSTREAM_CA_FILE", kOptional, kPlain, "", "authorities (PEM) that are trusted for calls to providers, besides the system's",
     [](Config& c, const std::string& v) { c.upstream_ca_file = readable(path(v)); }},
    {"LOG_RETENTION", kOptional, kPlain, "90d", "how long access logs and statistics are kept; whole weeks go",
     [](Config& c, const std::string& v) { c.log_retention = duration(v, Seconds(86400), kYear * 10); }},
    {"AUDIT_RETENTION", kOptional, kPlain, "400d", "how long the audit log is kept; whole months go",
     [](Config& c, const std::string& v) { c.audit_retention = duration(v, Seconds(30L * 86400), kYear * 10); }},
    {"DEVTOKEN_REVEAL", kOptional, kPlain, "on", "on keeps a sealed copy of each developer token, which its administrators can have shown again; off keeps none and takes those away that are there",
     [](Config& c, const std::string& v) { c.devtoken_reveal = on_or_off(v); }},
    {"JWT_PRIVATE_KEY", kOptional, kSecret, "", "the RSA key (PEM, its line breaks real or written as \\n) that signs assertions for Coze, whatever their public_key; unset = POST /token is 404",
     [](Config& c, const std::string& v) { c.coze_private_key = Secret(pem(v)); }},
    {"JWT_PRIVATE_KEY_DIR", kOptional, kPlain, "", "in its place a folder of such keys, each named as its public_key: <public_key>.pem",
     [](Config& c, const std::string& v) { c.coze_key_dir = path(v); }},
    {"EXPECTED_COZE_API_KEY", kOptional, kSecret, "", "what callers of POST /token present as coze_api_key",
     [](Config& c, const std::string& v) { c.coze_api_key = Secret(v); }},
    {"COZE_API_URL", kOptional, kPlain, "https://api.coze.cn/api/permission/oauth2/token", "where Coze exchanges assertions for tokens",
     [](Config& c, const std::string& v) { c.coze_api_url = url(v); }},
    {"COZE_APP_ID", kOptional, kPlain, "", "the OAuth app at Coze, the assertion's iss; unset = the coze_api_key",
     [](Config& c, const std::string& v) { c.coze_app_id = harmless(v); }},
    {"COZE_CACHE", kOptional, kPlain, "on", "on uses an answer of Coze again until shortly before it expires; off asks every time",
     [](Config& c, const std::string& v) { c.coze_cache = on_or_off(v); }},
    {"LINE_CHANNEL_SECRET", kOptional, kSecret, "", "of the LINE channel: signs what LINE sends to /line/webhook; unset = it is 404",
     [](Config& c, const std::string& v) { c.line_channel_secret = Secret(v); }},
    {"LINE_CHANNEL_ACCESS_TOKEN", kOptional, kSecret, "", "of the LINE channel: for replies",
     [](Config& c, const std::string& v) { c.line_channel_access_token = Secret(v); }},
    {"LINE_ADMIN_USER_IDS", kOptional, kPlain, "", "LINE user ids of the administrators, comma-separated; others are ignored",
     [](Config& c, const std::string& v) { c.line_admin_user_ids = names(v); }},
    {"LINE_API_URL", kOptional, kPlain, "https://api.line.me", "the origin of LINE's API",
     [](Config& c, const std::string& v) { c.line_api_url = origin(v); }},
    {"NGINX_LOCATIONS", kOptional, kPlain, "", "files of nginx locations of your own, such as /etc/gatehouse/locations/*.conf, included in both main servers; see the gate above",
     [](Config& c, const std::string& v) { c.nginx_locations = path(v); }},
    {"GATEHOUSE_STATE_DIR", kOptional, kPlain, "", "where everything that is kept or logged lies; unset = var/ of the checkout",
     [](Config& c, const std::string& v) { c.state_dir = path(v); }},
    {"GATEHOUSE_RUN_DIR", kOptional, kPlain, "", "sockets and pid files; unset = run/ of the state folder, or a short path where that one is too long",
     [](Config& c, const std::string& v) { c.run_dir = path(v); }},
    {"GATEHOUSE_HTTP_PORT", kOptional, kPlain, "8080", "plain HTTP, on GATEHOUSE_BIND",
     [](Config& c, const std::string& v) { c.http_port = whole_number(v, 1, 65535); }},
    {"GATEHOUSE_HTTPS_PORT", kOptional, kPlain, "8443", "HTTPS, on all addresses",
     [](Config& c, const std::string& v) { c.https_port = whole_number(v, 1, 65535); }},
    {"GATEHOUSE_COZE_PORT", kOptional, kPlain, "9000", "plain HTTP for /token and /health only, on GATEHOUSE_BIND",
     [](Config& c, const std::string& v) { c.coze_port = whole_number(v, 1, 65535); }},
    {"GATEHOUSE_BIND", kOptional, kPlain, "127.0.0.1,[::1]", "addresses of the plain listeners, comma-separated",
     [](Config& c, const std::string& v) { c.bind = addresses(v); }},
    {"HEALTH_STATUS", kOptional, kPlain, "healthy", "what /health calls a good state: healthy or ok",
     [](Config& c, const std::string& v) { c.health_status = health_status(v); }},
};
// clang-format on

// Defaults that depend on other settings, or on the machine.
void fill_in(Environment& values) {
  const auto fill = [&](const std::string& name, const std::string& value) {
    if (values[name].empty()) values[name] = value;
  };
  fill("DB_WORKER_USER", values["DB_NAME"] + "_worker");
  fill("PUBLIC_URL", "https://localhost:" + values["GATEHOUSE_HTTPS_PORT"]);
  // A quarter, as PostgreSQL's manual recommends; in steps, so that it does not change with every boot.
  fill("DB_SHARED_BUFFERS", std::to_string(std::clamp(memory_mb() / 4 / 128 * 128, 128, 4096)));
  const unsigned cores = std::thread::hardware_concurrency();
  fill("CHECK_WORKERS", std::to_string(std::clamp(cores, 2U, 32U)));
  fill("READ_WORKERS", std::to_string(std::clamp(2 * cores, 4U, 32U)));
  fill("FAST_WORKERS", std::to_string(std::clamp(4 * cores, 8U, 64U)));
  fill("HASH_PARALLEL", std::to_string(std::clamp(cores, 1U, 256U)));
  if (!values["GATEHOUSE_STATE_DIR"].empty())
    fill("GATEHOUSE_RUN_DIR", values["GATEHOUSE_STATE_DIR"] + "/run");
}

// What no single row can see. A setting that is wrong by itself has its line already.
void check_together(const Config& config, std::string& faults) {
  const auto given = [&](const char* name) { return !config.effective.at(name).empty(); };
  if (given("TLS_CERT_FILE") != given("TLS_KEY_FILE")) {
    faults += "TLS_CERT_FILE and TLS_KEY_FILE: set both or neither\n";
  }
  if (given("JWT_PRIVATE_KEY") && given("JWT_PRIVATE_KEY_DIR"))
    faults += "JWT_PRIVATE_KEY and JWT_PRIVATE_KEY_DIR: set one or the other\n";
  if ((given("JWT_PRIVATE_KEY") || given("JWT_PRIVATE_KEY_DIR")) != given("EXPECTED_COZE_API_KEY"))
    faults += "EXPECTED_COZE_API_KEY: goes together with JWT_PRIVATE_KEY or JWT_PRIVATE_KEY_DIR\n";
  if (given("LINE_CHANNEL_SECRET") != given("LINE_CHANNEL_ACCESS_TOKEN"))
    faults += "LINE_CHANNEL_SECRET and LINE_CHANNEL_ACCESS_TOKEN: set both or neither\n";
  if (given("VAULT_WEBHOOK_URL") != given("VAULT_WEBHOOK_SECRET"))
    faults += "VAULT_WEBHOOK_URL and VAULT_WEBHOOK_SECRET: set both or neither\n";
  const auto clash = [](int a, int b) { return a == b && a != 0; };
  if (clash(config.http_port, config.https_port) || clash(config.http_port, config.coze_port) ||
      clash(config.https_port, config.coze_port)) {
    faults += "GATEHOUSE_HTTP_PORT, GATEHOUSE_HTTPS_PORT and GATEHOUSE_COZE_PORT: must differ\n";
  }
  if (config.db_sslmode.starts_with("verify-") && !given("DB_SSLROOTCERT")) {
    faults += "DB_SSLROOTCERT: is missing; DB_SSLMODE=" + config.db_sslmode + " needs it\n";
  }
  // require and an authority beside it would be verify-ca to libpq: said in its own word or not at all.
  if (given("DB_SSLROOTCERT") && !config.db_sslmode.empty() && !config.db_sslmode.starts_with("verify-")) {
    faults += "DB_SSLMODE: must be verify-ca or verify-full where DB_SSLROOTCERT is set\n";
  }
  if (!config.db_user.empty() && config.db_user == config.db_worker_user) {
    faults += "DB_WORKER_USER: must not be DB_USER, the owner\n";
  }
}

}  // namespace

std::span<const Setting> settings() { return kSettings; }

Config load_config(const Environment& given) {
  Config config;
  for (const auto& setting : kSettings) {
    const auto found = given.find(std::string(setting.name));
    const bool has = found != given.end() && !found->second.empty();
    config.effective[std::string(setting.name)] = has ? found->second : std::string(setting.fallback);
  }
  const Environment unfilled = config.effective;
  fill_in(config.effective);

  std::string faults;
  std::string derived_faults;  // of defaults made from a setting that may be the wrong one
  for (const auto& setting : kSettings) {
    const std::string& value = config.effective[std::string(setting.name)];
    if (value.empty()) {
      if (setting.need == Setting::Need::required) faults += std::string(setting.name) + ": is missing\n";
      continue;
    }
    try {
      if (value.find('\0') != std::string::npos) bad("has a NUL byte");
      setting.set(config, value);
    } catch (const std::invalid_argument& reason) {
      auto& where = unfilled.at(std::string(setting.name)).empty() ? derived_faults : faults;
      where += std::string(setting.name) + ": " + reason.what() + "\n";
    }
  }
  check_together(config, faults);
  if (faults.empty()) faults = derived_faults;
  if (!faults.empty()) throw ConfigError(faults);
  return config;
}

}  // namespace gatehouse
