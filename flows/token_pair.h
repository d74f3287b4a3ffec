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

// 20 bytes that find the family (the time, and 14 random ones), 24 random ones that prove, and a stamp of 16
// that tells a token that we once issued from a damaged or invented one; 80 characters of base64url. Digests
// of the locator and of the whole are stored. (Until 2026-11-22 a locator was 18 random bytes.)
class RefreshToken {
 public:
  static RefreshToken create(const TokenKeys& keys, Time now);
  // Of the same family, with a new proof.
  RefreshToken successor(const TokenKeys& keys) const;
  // nullopt for what cannot be one.
  static std::optional<RefreshToken> parse(std::string_view text);

  const std::string& text() const { return text_; }
  // Whether it is ours, by its stamp. Good for telling reuse from rubbish, and never for letting anybody in.
  bool was_issued(const TokenKeys& keys) const;

  // Begins with the locator's time, so that new families lie together in the index that finds them.
  std::string locator_hash() const;
  std::string hash() const;

 private:
  explicit RefreshToken(std::string bytes);
  static RefreshToken stamped(const TokenKeys& keys, std::string bytes);
  std::string_view locator() const;
  std::string bytes_;
  std::string text_;
};

// Whom an access token is for.
struct Grant {
  std::string family_id;
  std::string client_id;
  std::string subject;       // the caller's own number of the user, in decimal; or a user of ours
  std::string tenant = {};   // of ours only: whose user it is
  std::int64_t version = 0;  // of ours only: below which a revocation ends the user's tokens
};

// When one that is issued now ends: it never outlives its family.
Time access_end(Seconds ttl, Time family_expires_at, Time now);
// `id`: its jti; `signed_at`: which key signs.
std::string sign_access(const TokenKeys& keys, const Grant& grant, std::string_view id, Time expires_at,
                        Time issued_at, Time signed_at);
std::string new_token_id();

// Seed 004's GenerateToken: a new family for this user, asked for by this client.
TokenPair generate_pair(db::Connection& db, const TokenKeys& keys, const TokenTimes& times,
                        std::string_view client_id, std::int32_t user_id, Time now);
// The same for a user of ours; Error(not_found) where there is none, or a disabled one.
TokenPair generate_pair(db::Connection& db, const TokenKeys& keys, const TokenTimes& times,
                        std::string_view client_id, const UserId& user, Time now);

}  // namespace gatehouse::flows
