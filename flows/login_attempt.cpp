#include "flows/login_attempt.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "crypto/digest.h"

namespace gatehouse::flows {

namespace {

constexpr int kAccountsPerAddress = 10;

int seconds_until(Time then, Time now) {
  const auto left = std::chrono::ceil<Seconds>(then - now).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 1, kLongestLoginWindow.count()));
}

}  // namespace

std::string network_of(std::string_view address) {
  std::array<unsigned char, 16> bytes{};
  std::string text(address);
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return text;
  std::array<char, INET6_ADDRSTRLEN> out{};
  static constexpr std::array<unsigned char, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  if (std::equal(kMapped.begin(), kMapped.end(), bytes.begin())) {
    return inet_ntop(AF_INET, bytes.data() + kMapped.size(), out.data(), out.size());
  }
  std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
  return inet_ntop(AF_INET6, bytes.data(), out.data(), out.size()) + std::string("/64");
}

LoginAttempt::LoginAttempt(db::Connection& db, const LoginLimits& limits, const TenantId& tenant,
                           std::string_view email_key, std::string_view client_address, Time now)
    : db_(db), attempt_{tenant, crypto::sha256(email_key), network_of(client_address), now} {
  const auto again_at = db::login_attempts::take(
      db_, attempt_, {limits.attempts, limits.attempts * kAccountsPerAddress, limits.window});
  if (!again_at) return;
  throw Error(Errc::too_many_requests)
      .with_message("too many wrong passwords; try again later")
      .with_retry_after(seconds_until(*again_at, now));
}

void LoginAttempt::succeeded() { db::login_attempts::give_back(db_, attempt_); }

}  // namespace gatehouse::flows
