// The keys that sign and check what Gatehouse issues, and the one function that checks a token of each kind.
// Kinds are kept apart by key (under HS256), and by `typ` and `aud` besides (RFC 8725 sections 3.11
// and 3.12).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"
#include "crypto/claims.h"
#include "crypto/digest.h"
#include "crypto/jwt.h"
#include "crypto/key.h"
#include "flows/recent_tokens.h"

namespace gatehouse::flows {

// internal: made with JWT_SECRET itself by scripts, for the installation's own programs; the others are
// issued over HTTP.
enum class Kind { access, service, user, internal };

struct KindRow {
  Kind kind;
  std::string_view typ;            // of the JWS header
  std::string_view audience_path;  // `aud` is PUBLIC_URL and this; internal: neither iss nor aud
  std::string_view label;          // of the key derived from JWT_SECRET; internal: JWT_SECRET itself
};
const KindRow& row_of(Kind kind);

// A signing key from the database, with the times that make its phase: announced, signing, retired.
struct PublishedKey {
  crypto::Key key;
  Time signs_from;
  std::optional<Time> verify_until;
};

class TokenKeys {
 public:
  struct Settings {
    std::string issuer;  // PUBLIC_URL
    std::string alg;     // TOKEN_SIGNING_ALG
    Secret secret;
    Secret previous_secret;  // may be empty
  };
  explicit TokenKeys(Settings settings);

  // Takes the place of all published keys before. What was found genuine is forgotten where they differ.
  void publish(std::vector<PublishedKey> keys);
  const std::vector<PublishedKey>& published() const { return published_; }
  bool knows(std::string_view kid) const;
  // Whether a token may have been signed by a key that was published since: its header names one that is not
  // here.
  bool names_unknown_key(std::string_view token) const;

  const std::string& issuer() const { return settings_.issuer; }
  const std::string& alg() const { return settings_.alg; }

  // Whether the same claims, signed at the same time, make the same token. ECDSA does not: OpenSSL 3.0 knows
  // no RFC 6979.
  bool signs_alike() const { return settings_.alg != "ES256"; }

  // Whether sign() finds a key at that time.
  bool can_sign(Kind kind, Time now) const { return find_signing_key(kind, now) != nullptr; }
  // Fills in iss and aud, and signs. Throws Error(unavailable) where TOKEN_SIGNING_ALG has no key yet.
  std::string sign(Kind kind, crypto::Claims claims, Time now) const;

  // The claims of a token of this kind that is genuine and in its time; nullopt for anything else.
  // Whether it was revoked is not asked here.
  std::optional<crypto::Claims> check(Kind kind, std::string_view token, Time now) const;

  // How many it remembers.
  std::size_t remembered() const { return recent_->size(); }

  // The same without its time: good for ending what it belongs to and for knowing it as ours, and for nothing
  // else. It remembers what it has found genuine, for check() too: one thread at a time.
  std::optional<crypto::Claims> genuine(Kind kind, std::string_view token, Time now) const;

  // By which we know again what we made, whatever the database still remembers of it.
  static constexpr std::size_t kStampBytes = 16;
  std::string stamp(std::string_view bytes) const;
  bool is_stamp(std::string_view stamp, std::string_view bytes) const;

 private:
  // What a key signed, and until when that key is good.
  struct Signed {
    std::string payload;
    std::optional<Time> until;
  };
  struct Genuine {
    crypto::Claims claims;
    std::optional<Time> until;
  };
  const crypto::Key* find_signing_key(Kind kind, Time now) const;
  void know_headers();
  std::optional<Signed> find_signed(Kind kind, std::string_view token, Time now) const;
  std::optional<Genuine> find_genuine(Kind kind, std::string_view token, Time now) const;

  struct Derived {
    std::vector<crypto::Key> keys;  // the current one, then the previous one where there is one
  };
  Settings settings_;
  std::vector<Derived> derived_;            // by Kind
  std::vector<crypto::HmacSha256> stamps_;  // the current secret's, then the previous one's
  std::vector<PublishedKey> published_;
  std::vector<crypto::KnownHeader> headers_;  // of whatever all these keys sign
  std::unique_ptr<RecentTokens> recent_ = std::make_unique<RecentTokens>();
};

// The password of a PostgreSQL role where no setting gives one: the same on all hosts that share JWT_SECRET.
Secret derived_password(const Secret& jwt_secret, std::string_view role);

}  // namespace gatehouse::flows
