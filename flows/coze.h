// Seed 003: a signed assertion (RFC 7523) exchanged at Coze for an access token. An answer is used again
// until shortly before it expires, and only one call is under way for each key, over all workers and
// hosts.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/secret.h"
#include "crypto/key.h"
#include "crypto/seal.h"
#include "db/connection.h"
#include "outbound/https.h"
#include "outbound/share.h"

namespace gatehouse::flows {

struct CozeSettings {
  std::string url;  // COZE_API_URL
  std::string app_id;
  Secret api_key;          // EXPECTED_COZE_API_KEY
  Secret private_key;      // PEM, for every key id; or
  std::string key_folder;  // with <kid>.pem files
  bool uses_cache = true;  // COZE_CACHE
  bool is_set() const { return !api_key.empty() && !(private_key.empty() && key_folder.empty()); }
};

class Coze {
 public:
  // Reads the keys. Throws std::invalid_argument, naming the setting, where one is no RSA key.
  explicit Coze(CozeSettings settings);

  bool is_set() const { return settings_.is_set(); }
  // In the same time for every other text.
  bool is_api_key(std::string_view text) const;
  // nullopt: no key has this id.
  std::optional<crypto::Key> key(std::string_view kid) const;
  const CozeSettings& settings() const { return settings_; }

 private:
  CozeSettings settings_;
  std::optional<crypto::Key> any_;  // for every key id
  std::map<std::string, crypto::Key, std::less<>> keys_;
};

// The most that Coze takes; it refuses the day that seed 003 has for its default.
inline constexpr std::int64_t kLongestCozeToken = 86399;

struct CozeAnswer {
  enum class Kind {
    token,    // `body` as it came
    refused,  // JSON, but no token: `body` as it came
    garbage,  // anything else, half an answer included: its beginning
    nothing,  // no answer at all: why, for the log
    crowded,  // not asked: too many wait for Coze already
  } kind;
  std::string body;
};

// The claims of the assertion, as Coze's own SDKs make it (RS256, header kid).
std::string coze_assertion(const Coze& coze, const crypto::Key& key, Time now);

// How long Coze may take, and how long those wait who want the same.
struct CozePatience {
  std::chrono::milliseconds call{10'000};
  std::chrono::milliseconds others{15'000};
};

// Error(unavailable) where PostgreSQL is away.
CozeAnswer coze_token(db::Connection& db, outbound::Https& https, const crypto::SealKeys& seal,
                      const Coze& coze, const crypto::Key& key, std::int64_t duration, const Clock& clock,
                      const CozePatience& patience = {}, const outbound::Share* share = nullptr);

}  // namespace gatehouse::flows
