#include "base/config.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <thread>

#include "base/base64.h"
#include "base/url.h"

namespace gatehouse {

namespace {

[[noreturn]] void bad(const std::string& reason) { throw std::invalid_argument(reason); }

int whole_number(const std::string& value, int low, int high) {
  int number = 0;
  const char* end = value.data() + value.size();
  const auto [rest, failure] = std::from_chars(value.data(), end, number);
  if (failure != std::errc{} || rest != end || number < low || number > high) {
    bad("must be a whole number from " + std::to_string(low) + " to " + std::to_string(high));
  }
  return number;
}

Seconds duration(const std::string& value, Seconds low, Seconds high) {
  const auto parsed = parse_duration(value);
  if (!parsed || *parsed < low || *parsed > high) {
    bad("must be a duration such as 900, 15m, 24h or 90d, from " + std::to_string(low.count()) + " to " +
        std::to_string(high.count()) + " seconds");
  }
  return *parsed;
}

std::optional<int> rate(const std::string& value) {
  if (value == "off") return std::nullopt;
  if (!value.ends_with("/s")) bad("must be n/s, such as 50/s, or off");
  return whole_number(value.substr(0, value.size() - 2), 1, 1'000'000);
}

std::vector<std::string> list(const std::string& value) {
  std::vector<std::string> items;
  std::size_t from = 0;
  while (from <= value.size()) {
    const auto comma = std::min(value.find(',', from), value.size());
    const auto first = value.find_first_not_of(" \t", from);
    if (first < comma) {
      const auto last = value.find_last_not_of(" \t", comma - 1);
      items.push_back(value.substr(first, last - first + 1));
    }
    from = comma + 1;
  }
  return items;
}

// What goes into nginx's configuration must not be able to end a directive there.
std::string harmless(const std::string& value) {
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7f || std::string_view(";{}\"'$\\#").find(c) != std::string_view::npos) {
      bad("must not have spaces, quotes or any of ; { } $ \\ #");
    }
  }
  return value;
}

// An address, an IPv6 one in brackets, or a network: an address and how many of its bits count.
bool is_network(std::string item) {
  const auto slash = item.find('/');
  const std::string bits = slash == std::string::npos ? "0" : item.substr(slash + 1);
  item = item.substr(0, slash);
  if (item.starts_with('[') && item.ends_with(']')) item = item.substr(1, item.size() - 2);
  std::array<unsigned char, sizeof(in6_addr)> parsed{};
  const bool v4 = inet_pton(AF_INET, item.c_str(), parsed.data()) == 1;
  const bool v6 = !v4 && inet_pton(AF_INET6, item.c_str(), parsed.data()) == 1;
  int count = 0;
  const auto [rest, failure] = std::from_chars(bits.data(), bits.data() + bits.size(), count);
  return (v4 || v6) && failure == std::errc{} && rest == bits.data() + bits.size() && count >= 0 &&
         count <= (v4 ? 32 : 128);
}

std::vector<std::string> addresses(const std::string& value) {
  std::vector<std::string> items = list(value);
  if (items.empty()) bad("must be addresses or networks, comma-separated, such as 10.0.0.0/8");
  for (const auto& item : items) {
    if (!is_network(item)) bad("must be addresses or networks, comma-separated, such as 10.0.0.0/8");
  }
  return items;
}

std::string identifier(const std::string& value) {
  for (const char c : value) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    if (!fits) bad("must be of [a-z0-9_]");
  }
  if (value.size() > 63) bad("must have at most 63 characters");
  return value;
}

Secret jwt_secret(const std::string& value) {
  if (value.size() < 32) bad("must have at least 32 bytes");
  // The examples of documents and compose files, however they are decorated.
  static constexpr std::array kExamples{"your_jwt_secret", "your_production_jwt_secret",
                                        "your-jwt-secret", "changeme",
                                        "change_me",       "change-me",
                                        "example",         "your_internal_jwt",
                                        "secret_here",     "your_secret",
                                        "your-secret",     "change_this",
                                        "change-this"};
  std::string lower = value;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  for (const char* example : kExamples) {
    if (lower.find(example) != std::string::npos)
      bad("is an example; make one with: openssl rand -base64 48");
  }
  if (std::all_of(value.begin(), value.end(), [&](char c) { return c == value.front(); }))
    bad("is one character repeated");
  return Secret(value);
}

Secret vault_keys(const std::string& value) {
  std::vector<std::string> ids;
  const auto fits = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  for (const auto& item : list(value)) {
    const auto colon = std::min(item.find(':'), item.size());
    if (colon == 0 || colon > 32 ||
        !std::all_of(item.begin(), item.begin() + static_cast<std::ptrdiff_t>(colon), fits))
      bad("must be id:base64 of 32 bytes, comma-separated; an id is 1 to 32 of [A-Za-z0-9_-]");
    if (colon == item.size()) bad("must be id:base64 of 32 bytes, comma-separated");
    const auto key = base64_decode(item.substr(colon + 1));
    if (!key || key->size() != 32) bad("each key must be base64 of 32 bytes: openssl rand -base64 32");
    ids.push_back(item.substr(0, colon));
  }
  if (ids.empty()) bad("must be id:base64 of 32 bytes, comma-separated");
  std::sort(ids.begin(), ids.end());
  if (std::adjacent_find(ids.begin(), ids.end()) != ids.end()) bad("has an id twice");
  return Secret(value);
}

std::string origin(const std::string& value) {
  std::string text = harmless(value);
  const auto scheme_end = text.find("://");
  const std::string scheme = text.substr(0, scheme_end);
  if (scheme_end == std::string::npos || (scheme != "https" && scheme != "http"))
    bad("must begin with https://");
  const std::string host = text.substr(scheme_end + 3);
  if (host.empty() || host.find_first_of("/?@") != std::string::npos) {
    bad("must be an origin, such as https://id.example.com, with no path");
  }
  return text;
}

// As browsers write it: in lower case.
std::vector<std::string> origins(const std::string& value) {
  std::vector<std::string> items;
  for (auto item : list(value)) {
    if (std::any_of(item.begin(), item.end(), [](char c) { return c >= 'A' && c <= 'Z'; }))
      bad("must be in lower case, as browsers write an origin");
    items.push_back(origin(item));
  }
  if (items.empty()) bad("must be origins, comma-separated, such as https://app.example.com");
  return items;
}

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
  if (!std::ifstream(file).is_open()) bad("cannot be read");
  return file;
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
    {"JWT_SECRET", kRequired, kSecret, "", "at least 32 random bytes, the same on all hosts: openssl rand -base64 48",
     [](Config& c, const std::string& v) { c.jwt_secret = jwt_secret(v); }},
    {"JWT_SECRET_PREVIOUS", kOptional, kSecret, "", "the one before: it still checks and never signs, so that JWT_SECRET can be changed",
     [](Config& c, const std::string& v) { c.jwt_secret_previous = jwt_secret(v); }},
    {"VAULT_KEYS", kRequired, kSecret, "", "id:base64 of 32 bytes, comma-separated; the first seals, all open; the same on all hosts",
     [](Config& c, const std::string& v) { c.vault_keys = vault_keys(v); }},
    {"PUBLIC_URL", kOptional, kPlain, "", "the origin that clients use: iss, metadata; unset = https://localhost and GATEHOUSE_HTTPS_PORT",
     [](Config& c, const std::string& v) { c.public_url = origin(v); }},
    {"TLS_CERT_FILE", kOptional, kPlain, "", "certificate chain (PEM); unset = a self-signed one for localhost, 127.0.0.1, ::1",
     [](Config& c, const std::string& v) { c.tls_cert_file = path(v); }},
    {"TLS_KEY_FILE", kOptional, kPlain, "", "its private key (PEM)",
     [](Config& c, const std::string& v) { c.tls_key_file = path(v); }},
    {"TRUSTED_PROXIES", kOptional, kPlain, "", "networks whose X-Forwarded-For is believed, comma-separated; unset = nobody's",
     [](Config& c, const std::string& v) { c.trusted_proxies = addresses(v); }},
    {"RATE_LIMIT_ADDRESS", kOptional, kPlain, "200/s", "requests of one client address (IPv6: of one /64); n/s or off",
     [](Config& c, const std::string& v) { c.rate_limit_address = rate(v); }},
    {"RATE_LIMIT_CREDENTIAL", kOptional, kPlain, "500/s", "requests with one credential; n/s or off",
     [](Config& c, const std::string& v) { c.rate_limit_credential = rate(v); }},
    {"RATE_LIMIT_TENANTS", kOptional, kPlain, "1/s", "open creation of tenants and services by one address; n/s or off",
     [](Config& c, const std::string& v) { c.rate_limit_tenants = rate(v); }},
    {"HASH_PARALLEL", kOptional, kPlain, "", "passwords hashed at once (32 MiB and a core each); unset = the number of cores",
     [](Config& c, const std::string& v) { c.hash_parallel = whole_number(v, 1, 256); }},
    {"HASH_QUEUE", kOptional, kPlain, "256", "password requests that may wait for that; beyond: 503",
     [](Config& c, const std::string& v) { c.hash_queue = whole_number(v, 1, 65535); }},
    {"LOGIN_ATTEMPTS", kOptional, kPlain, "10", "wrong passwords for one account from one address (IPv6: one /64) in LOGIN_WINDOW; ten times as many from one address over all accounts; beyond: 429",
     [](Config& c, const std::string& v) { c.login_attempts = whole_number(v, 1, 1'000'000); }},
    {"LOGIN_WINDOW", kOptional, kPlain, "15m", "how long wrong passwords count",
     [](Config& c, const std::string& v) { c.login_window = duration(v, Seconds(1), Seconds(86400)); }},
    {"PASSWORD_MIN_LENGTH", kOptional, kPlain, "6", "characters that a new password must have",
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
    {"REVOCATION_STALE_MAX", kOptional, kPlain, "2s", "how old what a worker knows about revocations may be before it answers 503",
     [](Config& c, const std::string& v) { c.revocation_stale_max = duration(v, Seconds(1), Seconds(60)); }},
    {"UPSTREAM_CA_FILE", kOptional, kPlain, "", "authorities (PEM) that are trusted for calls to providers, besides the system's",
     [](Config& c, const std::string& v) { c.upstream_ca_file = readable(path(v)); }},
    {"LOG_RETENTION", kOptional, kPlain, "90d", "how long access logs and statistics are kept; whole weeks go",
     [](Config& c, const std::string& v) { c.log_retention = duration(v, Seconds(86400), kYear * 10); }},
    {"AUDIT_RETENTION", kOptional, kPlain, "400d", "how long the audit log is kept; whole months go",
     [](Config& c, const std::string& v) { c.audit_retention = duration(v, Seconds(30L * 86400), kYear * 10); }},
    {"DEVTOKEN_REVEAL", kOptional, kPlain, "on", "on keeps a sealed copy of each developer token, which its administrators can have shown again; off keeps none",
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
     [](Config& c, const std::string& v) { c.line_admin_user_ids = list(harmless(v)); }},
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

// Defaults that depend on other settings.
void fill_in(Environment& values) {
  const auto fill = [&](const std::string& name, const std::string& value) {
    if (values[name].empty()) values[name] = value;
  };
  fill("DB_WORKER_USER", values["DB_NAME"] + "_worker");
  fill("PUBLIC_URL", "https://localhost:" + values["GATEHOUSE_HTTPS_PORT"]);
  fill("HASH_PARALLEL", std::to_string(std::clamp(std::thread::hardware_concurrency(), 1U, 256U)));
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
