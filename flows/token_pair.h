// An access token (a JWT) and the refresh token beside it, and how they are made.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "db/connection.h"
#include "flows/token_keys.h"

namespace gatehouse::flows {

struct TokenTimes {
  Seconds access;   // ACCESS_TOKEN_TTL
  Seconds refresh;  // REFRESH_TOKEN_TTL: of the family; rotation does not extend it
  Seconds grace;    // REFRESH_GRACE
};

struct TokenPair {
  std::string access_token;
  std::string refresh_token;
  Seconds expires_in;  // of the access token
};

// 18 random bytes that find the family, 24 that prove; 56 characters of base64url. A digest of each is
// stored.
class RefreshToken {
 public:
  static RefreshToken create();
  // Of the same family, with a new proof.
  RefreshToken successor() const;
  // nullopt for what cannot be one.
  static std::optional<RefreshToken> parse(std::string_view text);

  const std::string& text() const { return text_; }
  std::string locator_hash() const;
  std::string hash() const;

 private:
  explicit RefreshToken(std::string bytes);
  std::string bytes_;
  std::string text_;
};

// Whom an access token is for.
struct Grant {
  std::string family_id;
  std::string client_id;
  std::string subject;  // the caller's own number of the user, in decimal
};

struct SignedAccess {
  std::string token;
  Time expires_at;
};
// Never outlives `family_expires_at`.
SignedAccess sign_access(const TokenKeys& keys, const Grant& grant, Seconds ttl, Time family_expires_at,
                         Time now);

// Seed 004's GenerateToken: a new family for this user, asked for by this client. The user is the caller's
// own number or, as seed 002 has it, one of ours (usr_…).
TokenPair generate_pair(db::Connection& db, const TokenKeys& keys, const TokenTimes& times,
                        std::string_view client_id, std::string_view subject, Time now);
TokenPair generate_pair(db::Connection& db, const TokenKeys& keys, const TokenTimes& times,
                        std::string_view client_id, std::int32_t user_id, Time now);

}  // namespace gatehouse::flows
