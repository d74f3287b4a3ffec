// The payload of the JWTs that Gatehouse issues (RFC 7519 section 4.1, RFC 9068 section 2.2), to and from
// JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::crypto {

struct Claims {
  std::string issuer;
  std::string audience;
  std::string subject;
  std::string id;               // jti
  std::int64_t issued_at = 0;   // UNIX seconds
  std::int64_t expires_at = 0;  // UNIX seconds
  std::int64_t not_before =
      0;                     // nbf, UNIX seconds: not in what we sign, obeyed in other tools' internal JWTs
  std::string client_id;     // access tokens: the client that asked for them
  std::string family;        // access tokens: the family of refresh tokens that they belong to
  std::string scope;         // service JWTs: space-separated
  std::int64_t version = 0;  // the client's or the user's token_version
  std::string tenant;        // user JWTs and users' access tokens: whose user it is
  std::string role;          // internal JWTs: "admin", or empty
  std::string user_id;       // internal JWTs: the one vault user that the bearer may touch, or empty
};

// Empty members and a zero version are left out.
std::string to_json(const Claims& claims);

// nullopt where it is no JSON object or a member that is there has the wrong type, where sub or exp is
// missing, where user_id is empty, and where sub, jti, iss or aud is longer than 512 bytes.
std::optional<Claims> parse_claims(std::string_view payload);

}  // namespace gatehouse::crypto
