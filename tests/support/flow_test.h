// Vocabulary for flows: clients, pairs, a clock moved by hand, on the database of this binary. Every test has
// clients of its own.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "crypto/seal.h"
#include "flows/client_credentials.h"
#include "flows/credentials.h"
#include "flows/feed.h"
#include "flows/housekeeping.h"
#include "flows/login.h"
#include "flows/replays.h"
#include "flows/revocations.h"
#include "flows/services.h"
#include "flows/token_keys.h"
#include "flows/token_pair.h"
#include "flows/users.h"
#include "tests/support/database.h"
#include "tests/support/temporary_folder.h"

namespace gatehouse::support {

inline constexpr const char* kJwtSecret = "a test's own secret of forty-one characters";
inline constexpr const char* kVaultKeys = "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
inline constexpr const char* kIssuer = "https://id.test";
inline constexpr const char* kPassword = "correct horse battery";
inline constexpr crypto::ScryptCost kCheapCost{4, 8, 1};

class MovedClock final : public Clock {
 public:
  explicit MovedClock(Time start) : now_(start) {}
  Time now() const override { return now_; }
  void forward(std::chrono::microseconds by) { now_ += by; }

 private:
  Time now_;
};

struct ServiceClient {
  ServiceId id;
  std::string secret;
};

struct TenantAccess {
  TenantId id;
  std::string public_key;
  std::string secret_key;
};

// The code of what the action throws; nullopt where it throws nothing.
template <class Action>
std::optional<Errc> refusal(Action action) {
  try {
    action();
    return std::nullopt;
  } catch (const Error& error) {
    return error.code();
  }
}

// Byte for byte.
void expect_same(const flows::TokenPair& a, const flows::TokenPair& b);

class FlowTest : public DatabaseTest {
 protected:
  FlowTest();

  Time time() const { return clock.now(); }
  void later(std::chrono::microseconds by) { clock.forward(by); }

  ServiceClient new_client(std::initializer_list<std::string_view> scopes = {});
  void disable(const ServiceClient& client) { flows::disable_service(owner, actor, client.id, time()); }

  flows::Client signed_in(const ServiceClient& client) {
    return flows::authenticate_client(worker, client.id.str(), client.secret, time());
  }
  std::string service_token(const ServiceClient& client) {
    return flows::issue_service_token(keys, signed_in(client), std::nullopt, time()).access_token;
  }
  flows::TokenPair generate(const ServiceClient& client, int user_id = 42) {
    return flows::generate_pair(worker, keys, times, client.id.str(), user_id, time());
  }
  flows::TokenPair refresh(const std::string& refresh_token);

  TenantAccess new_tenant();
  // Of this tenant, with kPassword.
  UserId new_user(const TenantId& of, const std::string& email);
  flows::SignedIn sign_in(const TenantId& of, const std::string& email,
                          const std::string& password = kPassword, const std::string& address = "192.0.2.7");
  bool is_refused(const std::string& refresh_token) {
    return refusal([&] { refresh(refresh_token); }) == Errc::invalid_grant;
  }

  bool is_live(flows::Kind kind, const std::string& token);
  bool is_live(const flows::TokenPair& pair) { return is_live(flows::Kind::access, pair.access_token); }
  std::string family_of(const flows::TokenPair& pair);
  // "action detail" of each line of the audit log about it, by time and action.
  std::vector<std::string> audited(const std::string& target);
  // The actions alone, in their order.
  std::string actions_on(const std::string& target);

  flows::Retention retention() const { return {std::chrono::days(90), std::chrono::days(400), true}; }

  // Takes up what the database has of signing keys now, as workers do every few seconds.
  void reload_keys();
  static flows::TokenKeys::Settings key_settings(const std::string& alg = "HS256");

  // This process is its own feed: what is revoked is in force when the commit returns.
  const TemporaryFolder folder;
  MovedClock clock{from_unix_seconds(1'900'000'000)};
  flows::Feed feed{worker, folder.path(), clock};
  flows::Revocations revocations{folder.path(), std::chrono::hours(1)};
  flows::Credentials remembered{revocations};
  flows::Replays replays;
  const flows::Actor actor{"test", "", ""};
  const crypto::SealKeys seal = crypto::SealKeys::parse(kVaultKeys);
  flows::TokenKeys keys{key_settings()};
  const flows::Passwords passwords{6, {}, kCheapCost};
  flows::LoginLimits limits{10, Seconds(900)};
  flows::TokenTimes times{Seconds(900), Seconds(2592000), Seconds(10)};
};

}  // namespace gatehouse::support
