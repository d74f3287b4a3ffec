// Signed JWTs: JWS in compact form (RFC 7515, RFC 7519), checked as RFC 8725 asks. The key decides the
// algorithm; the token must agree. Who issued a token, for whom, what kind and until when is the caller's to
// check.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "crypto/key.h"

namespace gatehouse::crypto {

inline constexpr std::size_t kLongestJwt = 8192;

enum class Verdict {
  ok,
  malformed,  // not three parts of strict base64url, header no object, a known member of a wrong type, too
              // long
  bad_algorithm,    // the header names another algorithm than the key's; `none` always
  critical_header,  // `crit` is there: we understand no extension, so RFC 7515 section 4.1.11 says refuse
  bad_signature,
};

struct JwtHeader {
  std::string alg;
  std::string typ;  // empty: none
  std::string kid;  // empty: none
};

struct Checked {
  Verdict verdict = Verdict::malformed;
  JwtHeader header;     // filled only where the verdict is ok
  std::string payload;  // the same; the text that was signed, not parsed
  bool ok() const { return verdict == Verdict::ok; }
};

// The header carries alg, typ (unless empty) and kid (where the key has one).
// Throws Error(internal) where the key can only verify or the token would be too long to be accepted.
std::string sign(const Key& key, std::string_view typ, std::string_view claims_json);

// A token's parts, which must outlive this, and its header as anybody could have written it: good for
// choosing the key to verify with, and for nothing else.
struct Unchecked {
  JwtHeader header;
  bool is_critical = false;
  std::string_view payload;
  std::string_view signature;
  std::string_view signed_text;  // the first two parts with the dot between
};
// A header as it stands in a token, and what it says.
struct KnownHeader {
  std::string encoded;
  JwtHeader header;
};
// The one that sign() writes.
KnownHeader header_of(const Key& key, std::string_view typ);
// Nothing where it has no three parts, or a header that is none. One of `known` needs no decoding: almost all
// tokens have one that sign() wrote.
std::optional<Unchecked> read(std::string_view token, std::span<const KnownHeader> known = {});

Checked verify(const Key& key, const Unchecked& token);
Checked verify(const Key& key, std::string_view token);

}  // namespace gatehouse::crypto
