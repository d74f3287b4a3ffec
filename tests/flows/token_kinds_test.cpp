// Each kind of token is good for its own purpose only (RFC 8725 sections 3.11 and 3.12): every pair of kinds,
// under every algorithm, and what a forger would try.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "base/base64.h"
#include "base/json.h"
#include "crypto/digest.h"
#include "crypto/jwk.h"
#include "crypto/jwt.h"
#include "tests/support/flow_test.h"

namespace gatehouse::flows {
namespace {

constexpr Kind kIssued[] = {Kind::access, Kind::service, Kind::user};
constexpr Kind kAll[] = {Kind::access, Kind::service, Kind::user, Kind::internal};

const Time kNow = from_unix_seconds(1'900'000'000);

// One key an algorithm for the whole binary: making an RSA key takes a while.
const crypto::Key& published(const std::string& alg) {
  static std::map<std::string, crypto::Key> keys;
  const auto known = keys.find(alg);
  if (known != keys.end()) return known->second;
  return keys.emplace(alg, crypto::Key::generate(*crypto::alg_named(alg), "kid-" + alg)).first->second;
}

TokenKeys::Settings settings(const std::string& alg) {
  return {support::kIssuer, alg, Secret(support::kJwtSecret), Secret()};
}

TokenKeys keys_of(const std::string& alg) {
  TokenKeys keys(settings(alg));
  if (alg != "HS256") keys.publish({{published(alg), kNow - Seconds(60), {}}});
  return keys;
}

// Everything that any kind could want.
crypto::Claims claims() {
  crypto::Claims all;
  all.subject = "42";
  all.id = "a-token-id";
  all.issued_at = unix_seconds(kNow);
  all.expires_at = unix_seconds(kNow + Seconds(300));
  all.client_id = "svc_abc123def456";
  all.family = "a-family";
  all.scope = "internal:admin";
  all.version = 1;
  all.role = "admin";
  return all;
}

crypto::Claims claims_for(Kind kind) {
  crypto::Claims all = claims();
  all.issuer = support::kIssuer;
  all.audience = support::kIssuer + std::string(row_of(kind).audience_path);
  return all;
}

class TokenKinds : public testing::TestWithParam<std::string> {
 protected:
  bool takes(Kind kind, const std::string& token, Time now = kNow) {
    return keys.check(kind, token, now).has_value();
  }
  // The key that really signs this kind.
  crypto::Key signer(Kind kind) const {
    if (kind == Kind::internal) return crypto::Key::hmac(support::kJwtSecret);
    if (GetParam() != "HS256") return published(GetParam());
    return crypto::Key::hmac(crypto::hkdf_sha256(support::kJwtSecret, row_of(kind).label, 32));
  }
  std::string signed_as(Kind kind, std::string_view typ, const crypto::Claims& content) const {
    return crypto::sign(signer(kind), typ, crypto::to_json(content));
  }

  TokenKeys keys = keys_of(GetParam());
};

// The algorithms whose key stands in the JWKS.
class PublishedKinds : public TokenKinds {};

TEST_P(TokenKinds, EachIsGoodForItselfAndNothingElse) {
  for (const Kind issued : kAll) {
    const std::string token = keys.sign(issued, claims(), kNow);
    for (const Kind asked : kAll) {
      EXPECT_EQ(takes(asked, token), asked == issued) << row_of(issued).typ << " as " << row_of(asked).typ;
    }
  }
}

TEST_P(TokenKinds, WhatIsSignedIsWhatIsRead) {
  for (const Kind kind : kIssued) {
    const auto read = keys.check(kind, keys.sign(kind, claims(), kNow), kNow);
    EXPECT_EQ(crypto::to_json(read.value()), crypto::to_json(claims_for(kind)));
  }
}

// The fixture's own forgeries are good tokens where nothing is forged: the tests below are no accident.
TEST_P(TokenKinds, AGoodTokenMadeByHandIsTaken) {
  for (const Kind kind : kAll) EXPECT_TRUE(takes(kind, signed_as(kind, row_of(kind).typ, claims_for(kind))));
}

// As if somebody forgot to look at `typ` or `aud`: each of them alone, and under HS256 the key too, keeps
// them apart.
TEST_P(TokenKinds, AnotherKindsKeyTypOrAudienceIsRefused) {
  for (const Kind own : kIssued) {
    for (const Kind other : kIssued) {
      if (own == other) continue;
      EXPECT_FALSE(takes(other, signed_as(own, row_of(own).typ, claims_for(other))));
      EXPECT_FALSE(takes(other, signed_as(own, row_of(other).typ, claims_for(own))));
      EXPECT_EQ(takes(other, signed_as(own, row_of(other).typ, claims_for(other))), GetParam() != "HS256");
    }
  }
}

TEST_P(TokenKinds, TheInternalKeySignsNothingThatIsIssued) {
  for (const Kind kind : kIssued) {
    EXPECT_FALSE(takes(kind, signed_as(Kind::internal, row_of(kind).typ, claims_for(kind))));
    EXPECT_FALSE(takes(Kind::internal, signed_as(kind, row_of(Kind::internal).typ, claims())));
  }
}

TEST_P(TokenKinds, AlgNoneIsRefused) {
  for (const Kind kind : kAll) {
    for (const auto* alg : {"none", "None", "NONE", ""}) {
      const std::string header = json::Object().add("alg", alg).add("typ", row_of(kind).typ).str();
      const std::string text =
          base64url_encode(header) + '.' + base64url_encode(crypto::to_json(claims_for(kind)));
      EXPECT_FALSE(takes(kind, text + '.'));
      EXPECT_FALSE(takes(kind, text + '.' + base64url_encode(signer(kind).sign(text))));
    }
  }
}

// The published key's text, in every form that a library might feed to its HMAC.
TEST_P(PublishedKinds, HmacUnderAPublicKeyIsRefused) {
  const crypto::Key& key = published(GetParam());
  const auto numbers = key.public_numbers();
  for (const Kind kind : kAll) {
    for (const auto& bytes : {key.public_pem(), crypto::public_jwk(key), numbers.n + numbers.x + numbers.y}) {
      for (const auto* kid : {"", key.kid().c_str()}) {
        const auto forger = crypto::Key::hmac(bytes, kid);
        EXPECT_FALSE(takes(kind, crypto::sign(forger, row_of(kind).typ, crypto::to_json(claims_for(kind)))));
      }
    }
  }
}

TEST_P(TokenKinds, AnotherIssuerOrNoneIsRefused) {
  for (const Kind kind : kIssued) {
    for (const auto* issuer : {"https://evil.test", "https://id.test/", "https://id.test.evil.test", ""}) {
      auto content = claims_for(kind);
      content.issuer = issuer;
      EXPECT_FALSE(takes(kind, signed_as(kind, row_of(kind).typ, content))) << issuer;
    }
  }
}

TEST_P(TokenKinds, AnotherAudienceOrNoneIsRefused) {
  for (const Kind kind : kIssued) {
    for (const auto* audience :
         {"", "https://id.test", "https://evil.test/token", "/token", "https://id.test/token/"}) {
      auto content = claims_for(kind);
      content.audience = audience;
      EXPECT_FALSE(takes(kind, signed_as(kind, row_of(kind).typ, content))) << audience;
    }
  }
}

// Made by a tool of the administrator's own: it need not say for whom, but what is for somebody else is not
// for us.
TEST_P(TokenKinds, AnInternalTokenForSomebodyElseIsRefused) {
  auto content = claims_for(Kind::internal);
  for (const auto& [audience, taken] :
       {std::pair("", true), {support::kIssuer, true}, {"https://evil.test", false}}) {
    content.audience = audience;
    EXPECT_EQ(takes(Kind::internal, signed_as(Kind::internal, "JWT", content)), taken) << audience;
  }
}

TEST_P(TokenKinds, ATokenWithoutAnIdIsRefused) {
  for (const Kind kind : kIssued) {
    auto content = claims_for(kind);
    content.id.clear();
    EXPECT_FALSE(takes(kind, signed_as(kind, row_of(kind).typ, content)));
  }
}

TEST_P(TokenKinds, AnExpiredOneIsRefusedFromItsSecondOn) {
  for (const Kind kind : kAll) {
    const std::string token = keys.sign(kind, claims(), kNow);
    EXPECT_TRUE(takes(kind, token, kNow + Seconds(299)));
    EXPECT_FALSE(takes(kind, token, kNow + Seconds(300)));
    EXPECT_FALSE(takes(kind, token, kNow + Seconds(86400)));
  }
}

TEST_P(TokenKinds, OneFromTheFutureIsRefusedBeyondASkewOfAMinute) {
  for (const Kind kind : kAll) {
    const std::string token = keys.sign(kind, claims(), kNow);
    EXPECT_TRUE(takes(kind, token, kNow - Seconds(60)));
    EXPECT_FALSE(takes(kind, token, kNow - Seconds(61)));
  }
}

TEST_P(TokenKinds, OneWithoutAnEndIsRefused) {
  for (const Kind kind : kAll) {
    auto content = claims_for(kind);
    content.expires_at = 0;
    EXPECT_FALSE(takes(kind, signed_as(kind, row_of(kind).typ, content)));
  }
}

TEST_P(TokenKinds, AnUnknownKidIsRefused) {
  for (const Kind kind : kIssued) {
    const auto stranger = crypto::Key::generate(crypto::Alg::es256, "kid-of-nobody");
    EXPECT_FALSE(takes(kind, crypto::sign(stranger, row_of(kind).typ, crypto::to_json(claims_for(kind)))));
  }
}

TEST_P(PublishedKinds, AStrangersKeyUnderAKnownKidIsRefused) {
  const auto alg = crypto::alg_named(GetParam()).value();
  const auto stranger = crypto::Key::generate(alg, published(GetParam()).kid());
  for (const Kind kind : kIssued) {
    EXPECT_FALSE(takes(kind, crypto::sign(stranger, row_of(kind).typ, crypto::to_json(claims_for(kind)))));
  }
}

TEST_P(TokenKinds, AnyChangedCharacterIsRefused) {
  const std::string token = keys.sign(Kind::service, claims(), kNow);
  for (std::size_t at = 0; at < token.size(); at += 3) {
    std::string changed = token;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    EXPECT_TRUE(changed == token || !takes(Kind::service, changed)) << at;
  }
}

std::string alg_of(const testing::TestParamInfo<std::string>& test) { return test.param; }
INSTANTIATE_TEST_SUITE_P(Alg, TokenKinds, testing::Values("HS256", "ES256", "EdDSA", "RS256"), alg_of);
INSTANTIATE_TEST_SUITE_P(Alg, PublishedKinds, testing::Values("ES256", "EdDSA", "RS256"), alg_of);

TEST(TokenKeys, TheSecretBeforeStillChecksAndDoesNotSign) {
  const std::string old_token = keys_of("HS256").sign(Kind::service, claims(), kNow);
  auto changed = settings("HS256");
  changed.previous_secret = changed.secret;
  changed.secret = Secret("another secret of more than 32 characters");
  const TokenKeys keys(changed);
  EXPECT_TRUE(keys.check(Kind::service, old_token, kNow));
  const std::string new_token = keys.sign(Kind::service, claims(), kNow);
  EXPECT_TRUE(keys.check(Kind::service, new_token, kNow));
  EXPECT_FALSE(keys_of("HS256").check(Kind::service, new_token, kNow));
  changed.previous_secret = Secret();
  EXPECT_FALSE(TokenKeys(changed).check(Kind::service, old_token, kNow));
}

TEST(TokenKeys, OldTokensStayGoodWhenTheAlgorithmChanges) {
  const std::string under_hs256 = keys_of("HS256").sign(Kind::access, claims(), kNow);
  const std::string under_es256 = keys_of("ES256").sign(Kind::access, claims(), kNow);
  EXPECT_TRUE(keys_of("ES256").check(Kind::access, under_hs256, kNow));
  TokenKeys back = keys_of("HS256");
  back.publish({{published("ES256"), kNow - Seconds(60), {}}});
  EXPECT_TRUE(back.check(Kind::access, under_es256, kNow));
  EXPECT_EQ(crypto::read(back.sign(Kind::access, claims(), kNow))->header.alg, "HS256");
}

TEST(TokenKeys, NbfOfAnInternalJwtIsObeyed) {
  const auto key = crypto::Key::hmac(support::kJwtSecret);
  const std::string token = crypto::sign(key, "JWT", R"({"sub":"a","nbf":1900000100,"exp":1900000300})");
  EXPECT_FALSE(keys_of("HS256").check(Kind::internal, token, kNow));
  EXPECT_TRUE(keys_of("HS256").check(Kind::internal, token, kNow + Seconds(100)));
}

// It was to name one user, and no user is all of them.
TEST(TokenKeys, AnInternalJwtWithAnEmptyUserIdIsRefused) {
  const auto key = crypto::Key::hmac(support::kJwtSecret);
  const std::string token = crypto::sign(key, "JWT", R"({"sub":"a","user_id":"","exp":1900000300})");
  EXPECT_FALSE(keys_of("HS256").check(Kind::internal, token, kNow));
}

TEST(TokenKeys, AnInternalJwtMayLeaveOutItsTyp) {
  const auto key = crypto::Key::hmac(support::kJwtSecret);
  const std::string token = crypto::sign(key, "", R"({"sub":"teslamate","exp":1900000300})");
  EXPECT_EQ(keys_of("HS256").check(Kind::internal, token, kNow)->subject, "teslamate");
}

TEST(TokenKeys, WithoutAPublishedKeyNothingIsSigned) {
  TokenKeys keys(settings("ES256"));
  const auto sign = [&] { keys.sign(Kind::access, claims(), kNow); };
  EXPECT_EQ(support::refusal(sign), Errc::unavailable);
  keys.publish({{published("RS256"), kNow - Seconds(60), {}}});
  EXPECT_EQ(support::refusal(sign), Errc::unavailable);
  keys.publish({{published("ES256"), kNow + Seconds(1), {}}});
  EXPECT_EQ(support::refusal(sign), Errc::unavailable);
}

TEST(TokenKeys, ThePasswordOfARoleFollowsFromTheSecretAndTheRole) {
  const Secret secret(support::kJwtSecret);
  const std::string password(derived_password(secret, "worker").reveal());
  EXPECT_EQ(password, derived_password(secret, "worker").reveal());
  EXPECT_NE(password, derived_password(secret, "owner").reveal());
  EXPECT_NE(password, derived_password(Secret("another"), "worker").reveal());
  EXPECT_EQ(password.size(), 32U);
}

}  // namespace
}  // namespace gatehouse::flows
