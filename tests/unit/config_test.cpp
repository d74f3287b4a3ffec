// The table of settings, row by row. A new row must be given a bad value here, or be called free text.
#include "base/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

namespace gatehouse {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Ge;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Le;
using testing::Not;

const std::string kSecret = "0123456789abcdefghijklmnopqrstuvwxyzABCD";
const std::string kVaultKey = "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

Environment minimal() { return {{"JWT_SECRET", kSecret}, {"VAULT_KEYS", kVaultKey}}; }

Environment with(const std::string& name, const std::string& value) {
  auto values = minimal();
  // One without the other would be a fault besides.
  if (name == "TLS_CERT_FILE") values["TLS_KEY_FILE"] = "/key.pem";
  if (name == "TLS_KEY_FILE") values["TLS_CERT_FILE"] = "/cert.pem";
  const bool given = !value.empty();
  if (name.starts_with("JWT_PRIVATE_KEY") && given) values["EXPECTED_COZE_API_KEY"] = "x";
  if (name == "EXPECTED_COZE_API_KEY" && given) values["JWT_PRIVATE_KEY_DIR"] = "/keys";
  if (name == "LINE_CHANNEL_SECRET" && given) values["LINE_CHANNEL_ACCESS_TOKEN"] = "x";
  if (name == "LINE_CHANNEL_ACCESS_TOKEN" && given) values["LINE_CHANNEL_SECRET"] = "x";
  if (name == "VAULT_WEBHOOK_URL" && given) values["VAULT_WEBHOOK_SECRET"] = std::string(32, 'x');
  if (name == "VAULT_WEBHOOK_SECRET" && given) values["VAULT_WEBHOOK_URL"] = "https://a.example/hook";
  if (name == "DB_SSLROOTCERT" && given) values["DB_SSLMODE"] = "verify-full";
  values[name] = value;
  return values;
}

// One entry a fault.
std::vector<std::string> faults_of(const Environment& values) {
  std::vector<std::string> faults;
  try {
    load_config(values);
  } catch (const ConfigError& error) {
    std::istringstream lines(error.what());
    for (std::string line; std::getline(lines, line);) faults.push_back(line);
  }
  return faults;
}

// Anything without a NUL byte is good for these.
const std::set<std::string_view> kFreeText{
    "DB_PASSWORD",         "DB_WORKER_PASSWORD",        "EXPECTED_COZE_API_KEY",
    "LINE_CHANNEL_SECRET", "LINE_CHANNEL_ACCESS_TOKEN", "TESLA_CLIENT_ID",
    "PROVIDER_CLIENT_ID",  "PROVIDER_CLIENT_SECRET",    "PROVIDER_SCOPE"};

// MARK is what must not come back in the fault where the setting is a secret.
const std::map<std::string_view, std::vector<std::string>> kBadValues{
    {"DB_HOST", {"a b", "a;b", "a'b", "a$b", "a\nb"}},
    {"DB_PORT", {"0", "65536", "-1", "54x", "5432 ", "99999999999999"}},
    {"DB_USER", {"Gate", "a-b", "a\"b", std::string(64, 'a')}},
    {"DB_NAME", {"a b", "a;b", std::string(64, 'a')}},
    {"DB_WORKER_USER", {"a'b", std::string(64, 'a')}},
    {"DB_SSLMODE", {"on", "allow", "REQUIRE", "verify"}},
    {"DB_SSLROOTCERT", {"ca.pem", "/nonexistent/ca.pem"}},
    {"JWT_SECRET",
     {"MARK", std::string(31, 'x'), std::string(64, 'x'), "your_jwt_secret_MARK_0123456789012345",
      "YOUR_PRODUCTION_JWT_SECRET_MARK_0123", "MARK-please-CHANGE-ME-0123456789abcdef"}},
    {"JWT_SECRET_PREVIOUS", {"MARK", "your_jwt_secret_MARK_0123456789012345"}},
    {"VAULT_KEYS",
     {"MARK", "k1:MARK", ":AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
      "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==", kVaultKey + ",MARK", kVaultKey + "," + kVaultKey,
      ",", " , ", "a MARK:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
      "ä:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}},
    {"PUBLIC_URL",
     {"id.example.com", "ftp://id.example.com", "https://", "https://id.example.com/",
      "https://id.example.com/x", "https://u@id.example.com", "https://id.example.com?x",
      "https://id example.com", "https://a;b"}},
    {"TLS_CERT_FILE", {"cert.pem", "./cert.pem", "/a b.pem", "/a;b.pem"}},
    {"TLS_KEY_FILE", {"key.pem", "/a$b.pem"}},
    {"TRUSTED_PROXIES",
     {"proxy.example.com", "999.1.1.1", "10.0.0.0/33", "[", "10.0.0.0/8;", "10.0.0.1 10.0.0.2"}},
    {"RATE_LIMIT_ADDRESS", {"10", "0/s", "-1/s", "10/m", "1000001/s", "OFF", "x/s", "/s"}},
    {"RATE_LIMIT_CREDENTIAL", {"10"}},
    {"RATE_LIMIT_TENANTS", {"10"}},
    {"DB_SHARED_BUFFERS", {"15", "128MB", "x"}},
    {"CHECK_WORKERS", {"0", "257", "x"}},
    {"READ_WORKERS", {"0", "257", "x"}},
    {"FAST_WORKERS", {"1", "257", "x"}},
    {"HASH_PARALLEL", {"0", "257", "many"}},
    {"HASH_QUEUE", {"0", "65536"}},
    {"OUTBOUND_WORKERS", {"1", "257", "x"}},
    {"LOGIN_ATTEMPTS", {"0", "-1", "1000001", "ten"}},
    {"LOGIN_WINDOW", {"0", "25h", "x"}},
    {"PASSWORD_MIN_LENGTH", {"5", "129", "x"}},
    {"PASSWORD_BLOCKLIST", {"words.txt", "/nonexistent/words.txt"}},
    {"CORS_ALLOWED_ORIGINS",
     {"*", "app.example.com", "https://app.example.com/", "https://App.example.com", ",",
      "https://a.example.com https://b.example.com"}},
    {"ACCESS_TOKEN_TTL", {"29", "86401", "2d", "soon", "-900"}},
    {"REFRESH_TOKEN_TTL", {"59", "366d", "x"}},
    {"REFRESH_GRACE", {"301", "-1", "x"}},
    {"TOKEN_SIGNING_ALG", {"none", "hs256", "HS512", "PS256", "HS256,ES256"}},
    {"REVOCATION_STALE_MAX", {"0", "61", "x"}},
    {"TESLA_TOKEN_URL",
     {"auth.tesla.com", "http://auth.tesla.com/", "https://u:p@auth.tesla.com/", "https://a/#b"}},
    {"TESLA_TOKEN_FORMAT", {"xml", "JSON"}},
    {"PROVIDER_TOKEN_URL", {"http://10.0.0.1/token", "ftp://x"}},
    {"PROVIDER_TOKEN_FORMAT", {"xml"}},
    {"PROVIDER_GRACE", {"31d", "x"}},
    {"VAULT_WEBHOOK_URL", {"http://10.0.0.1/hook", "hook"}},
    {"VAULT_WEBHOOK_SECRET", {"MARK", "thirty-one characters MARK 1234"}},
    {"UPSTREAM_CA_FILE", {"ca.pem", "/nonexistent/ca.pem"}},
    {"LOG_RETENTION", {"0", "23h", "4000d", "90 days", "x"}},
    {"AUDIT_RETENTION", {"0", "29d", "x"}},
    {"DEVTOKEN_REVEAL", {"yes", "ON", "0"}},
    {"JWT_PRIVATE_KEY", {"MARK", "-----BEGIN PUBLIC KEY-----MARK"}},
    {"JWT_PRIVATE_KEY_DIR", {"keys", "/a b"}},
    {"COZE_API_URL", {"api.coze.cn", "ftp://api.coze.cn/x", "https://", "https://u@api.coze.cn/"}},
    {"COZE_APP_ID", {"a b", "a;b"}},
    {"COZE_CACHE", {"yes", "OFF"}},
    {"LINE_ADMIN_USER_IDS", {"U1 U2", ",", "U1;,U2"}},
    {"LINE_API_URL", {"api.line.me", "https://api.line.me/v2"}},
    {"NGINX_LOCATIONS", {"locations/*.conf", "/a b", "/a;b"}},
    {"GATEHOUSE_STATE_DIR", {"var", "./var", "/a b", "/a;b"}},
    {"GATEHOUSE_RUN_DIR", {"run", "/a{b"}},
    {"GATEHOUSE_HTTP_PORT", {"0", "65536", "http"}},
    {"GATEHOUSE_HTTPS_PORT", {"0", "x"}},
    {"GATEHOUSE_COZE_PORT", {"0", "x"}},
    {"GATEHOUSE_BIND", {"localhost", "127.0.0.1;", "*", ",", " "}},
    {"HEALTH_STATUS", {"up", "OK", "healthy "}},
};

TEST(Settings, EveryOneHasABadValueHereOrIsFreeText) {
  for (const auto& setting : settings()) {
    EXPECT_NE(kBadValues.contains(setting.name), kFreeText.contains(setting.name)) << setting.name;
  }
  EXPECT_EQ(settings().size(), kBadValues.size() + kFreeText.size());
}

TEST(Settings, EveryBadValueIsNamedWithAReason) {
  for (const auto& [name, values] : kBadValues) {
    for (const auto& value : values) {
      const auto faults = faults_of(with(std::string(name), value));
      ASSERT_EQ(faults.size(), 1U) << name << '=' << value;
      EXPECT_TRUE(faults.front().starts_with(std::string(name) + ": ")) << faults.front();
      EXPECT_GT(faults.front().size(), name.size() + 8) << faults.front();
    }
  }
}

TEST(Settings, NoFaultRepeatsASecret) {
  for (const auto& setting : settings()) {
    if (setting.show != Setting::Show::secret || kFreeText.contains(setting.name)) continue;
    for (const auto& value : kBadValues.at(setting.name)) {
      EXPECT_THAT(faults_of(with(std::string(setting.name), value)).at(0), Not(HasSubstr("MARK")));
    }
  }
}

TEST(Settings, EveryOneRefusesANulByte) {
  for (const auto& setting : settings()) {
    const std::string name(setting.name);
    EXPECT_THAT(faults_of(with(name, kSecret + std::string(1, '\0'))),
                ElementsAre(name + ": has a NUL byte"));
  }
}

TEST(Settings, AllFaultsAreNamedAtOnce) {
  Environment values;
  for (const auto& [name, bad] : kBadValues) values[std::string(name)] = bad.front();
  const auto faults = faults_of(values);
  for (const auto& [name, bad] : kBadValues) {
    const auto named = [head = std::string(name) + ": "](const std::string& fault) {
      return fault.starts_with(head);
    };
    EXPECT_EQ(std::count_if(faults.begin(), faults.end(), named), 1) << name;
  }
}

TEST(Settings, NamesAreOnceAndHelpIsThere) {
  std::set<std::string_view> names;
  for (const auto& setting : settings()) {
    EXPECT_TRUE(names.insert(setting.name).second) << setting.name;
    EXPECT_EQ(setting.name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_"), std::string_view::npos);
    EXPECT_GE(setting.help.size(), 10U) << setting.name;
  }
}

TEST(Settings, WhatIsSecretByItsNameIsMarkedSo) {
  for (const auto& setting : settings()) {
    const bool sounds = setting.name.ends_with("PASSWORD") || setting.name.ends_with("API_KEY") ||
                        setting.name.ends_with("ACCESS_TOKEN") || setting.name == "JWT_PRIVATE_KEY" ||
                        setting.name.find("SECRET") != std::string_view::npos ||
                        setting.name.find("VAULT_KEYS") != std::string_view::npos;
    EXPECT_EQ(setting.show == Setting::Show::secret, sounds) << setting.name;
  }
}

TEST(Settings, TheRequiredOnesAreMissedByName) {
  EXPECT_THAT(faults_of({}), ElementsAre("JWT_SECRET: is missing", "VAULT_KEYS: is missing"));
  EXPECT_THAT(faults_of(with("JWT_SECRET", "")), ElementsAre("JWT_SECRET: is missing"));
}

TEST(Settings, AnEmptyValueCountsAsUnset) {
  for (const auto& setting : settings()) {
    if (setting.need == Setting::Need::required || setting.name.starts_with("TLS_")) continue;
    EXPECT_EQ(load_config(with(std::string(setting.name), "")).effective, load_config(minimal()).effective)
        << setting.name;
  }
}

TEST(Settings, TheDefaultsAreTheContracts) {
  const Config config = load_config(minimal());
  EXPECT_EQ(config.access_token_ttl, Seconds(900));
  EXPECT_EQ(config.refresh_token_ttl, Seconds(2592000));
  EXPECT_EQ(config.refresh_grace, Seconds(10));
  EXPECT_EQ(config.revocation_stale_max, Seconds(2));
  EXPECT_EQ(config.token_signing_alg, "HS256");
  EXPECT_EQ(config.public_url, "https://localhost:8443");
  EXPECT_EQ(std::vector({config.http_port, config.https_port, config.coze_port, config.hash_queue}),
            std::vector({8080, 8443, 9000, 256}));
  EXPECT_THAT(config.bind, ElementsAre("127.0.0.1", "[::1]"));
  EXPECT_THAT(config.trusted_proxies, IsEmpty());
  EXPECT_EQ(config.health_status, "healthy");
  EXPECT_EQ(std::vector({config.login_attempts, config.password_min_length}), std::vector({10, 6}));
  EXPECT_EQ(config.login_window, Seconds(900));
  EXPECT_THAT(config.cors_allowed_origins, IsEmpty());
}

TEST(Settings, SomeDefaultsFollowOtherSettings) {
  EXPECT_EQ(load_config(with("GATEHOUSE_HTTPS_PORT", "9443")).public_url, "https://localhost:9443");
  EXPECT_EQ(load_config(with("DB_NAME", "other")).db_worker_user, "other_worker");
  EXPECT_EQ(load_config(with("GATEHOUSE_STATE_DIR", "/srv/gate")).run_dir, "/srv/gate/run");
  EXPECT_GE(load_config(minimal()).hash_parallel, 1);
  EXPECT_THAT(load_config(minimal()).db_shared_buffers, AllOf(Ge(128), Le(4096)));
}

TEST(Settings, WhatOnlyMakesSenseTogetherIsCheckedTogether) {
  EXPECT_THAT(faults_of(with("TLS_CERT_FILE", "")), ElementsAre(HasSubstr("both or neither")));
  EXPECT_THAT(faults_of(with("GATEHOUSE_COZE_PORT", "8080")), ElementsAre(HasSubstr("must differ")));
  EXPECT_THAT(faults_of(with("DB_WORKER_USER", "gatehouse")), ElementsAre(HasSubstr("DB_WORKER_USER")));
  auto untold = minimal();
  untold["VAULT_WEBHOOK_URL"] = "https://a.example/hook";
  EXPECT_THAT(faults_of(untold), ElementsAre(HasSubstr("VAULT_WEBHOOK_SECRET: set both or neither")));
  EXPECT_THAT(faults_of(with("DB_SSLMODE", "verify-ca")),
              ElementsAre(HasSubstr("DB_SSLROOTCERT: is missing")));
  auto unchecked = with("DB_SSLROOTCERT", "/etc/passwd");
  unchecked["DB_SSLMODE"] = "require";
  EXPECT_THAT(faults_of(unchecked), ElementsAre(HasSubstr("DB_SSLMODE: must be verify-ca or verify-full")));
}

TEST(Settings, ADefaultThatFollowsABadSettingIsNoFaultOfItsOwn) {
  EXPECT_THAT(faults_of(with("DB_NAME", "a b")), ElementsAre(HasSubstr("DB_NAME: ")));
  EXPECT_THAT(faults_of(with("DB_NAME", std::string(60, 'a'))), ElementsAre(HasSubstr("DB_WORKER_USER: ")));
}

TEST(Settings, RatesMayBeOff) {
  EXPECT_EQ(load_config(with("RATE_LIMIT_ADDRESS", "off")).rate_limit_address, std::nullopt);
  EXPECT_EQ(load_config(with("RATE_LIMIT_ADDRESS", "7/s")).rate_limit_address, 7);
}

TEST(Settings, ListsAreSplitAtCommasAndTrimmed) {
  EXPECT_THAT(load_config(with("TRUSTED_PROXIES", " 10.0.0.0/8 ,, fd00::/8,")).trusted_proxies,
              ElementsAre("10.0.0.0/8", "fd00::/8"));
}

TEST(Settings, TheEffectiveOnesLoadToTheSame) {
  const Config first = load_config(with("GATEHOUSE_STATE_DIR", "/srv/gate"));
  const Config second = load_config(parse_env(to_env(first.effective)));
  EXPECT_EQ(second.effective, first.effective);
  EXPECT_EQ(first.effective.size(), settings().size());
}

TEST(Settings, NamesThatAreNoneAreIgnored) {
  EXPECT_FALSE(load_config(with("COZE_SOMETHING", "x")).effective.contains("COZE_SOMETHING"));
}

}  // namespace
}  // namespace gatehouse
