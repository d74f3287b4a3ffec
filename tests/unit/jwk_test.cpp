#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "base/base64.h"
#include "base/error.h"
#include "base/json.h"
#include "crypto/jwk.h"

namespace gatehouse::crypto {
namespace {

// RFC 7517 appendix A.1, RFC 8037 appendix A.2
constexpr const char* kEcJwk =
    R"({"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",)"
    R"("y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","use":"sig","kid":"1"})";
constexpr const char* kRsaN =
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_"
    "BJECPebWKRXjBZCiFV4n3"
    "oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_"
    "FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdA"
    "ZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-"
    "csFCur-"
    "kEgU8awapJzKnqDKgw";
constexpr const char* kOkpJwk =
    R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})";

std::string rsa_jwk() {
  return std::string(R"({"kty":"RSA","n":")") + kRsaN + R"(","e":"AQAB","alg":"RS256","kid":"2011-04-29"})";
}

TEST(Jwk, ReadsTheKeysOfTheRfcs) {
  EXPECT_EQ(key_from_jwk(kEcJwk).alg(), Alg::es256);
  EXPECT_EQ(key_from_jwk(kEcJwk).kid(), "1");
  EXPECT_EQ(key_from_jwk(rsa_jwk()).alg(), Alg::rs256);
  EXPECT_EQ(key_from_jwk(rsa_jwk()).kid(), "2011-04-29");
  EXPECT_EQ(key_from_jwk(kOkpJwk).alg(), Alg::eddsa);
  EXPECT_EQ(key_from_jwk(kOkpJwk).kid(), "");
}

TEST(Jwk, WritesWhatTheRfcsShow) {
  EXPECT_EQ(public_jwk(key_from_jwk(kEcJwk)),
            R"({"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",)"
            R"("y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","alg":"ES256","use":"sig","kid":"1"})");
  EXPECT_EQ(public_jwk(key_from_jwk(rsa_jwk())),
            std::string(R"({"kty":"RSA","n":")") + kRsaN +
                R"(","e":"AQAB","alg":"RS256","use":"sig","kid":"2011-04-29"})");
  EXPECT_EQ(public_jwk(key_from_jwk(kOkpJwk)),
            R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",)"
            R"("alg":"EdDSA","use":"sig"})");
}

TEST(Jwk, OfAPairHoldsNothingPrivate) {
  for (const Alg alg : {Alg::rs256, Alg::es256, Alg::eddsa}) {
    const auto document = json::Document::parse(public_jwk(Key::generate(alg, "k1")));
    for (const char* name : {"d", "p", "q", "dp", "dq", "qi", "k"})
      EXPECT_FALSE(document.root().find(name)) << name;
  }
}

TEST(Jwk, VerifiesWhatItsPairSigned) {
  for (const Alg alg : {Alg::rs256, Alg::es256, Alg::eddsa}) {
    const Key pair = Key::generate(alg, "k1");
    const Key published = key_from_jwk(public_jwk(pair));
    EXPECT_TRUE(published.verify("text", pair.sign("text")));
    EXPECT_FALSE(published.can_sign());
    EXPECT_EQ(published.kid(), "k1");
  }
}

TEST(Jwk, KeepsTheLeadingZerosOfCoordinates) {
  // About one key in 128 has one; RFC 7518 section 6.2.1.2 wants all 32 bytes of each.
  for (int i = 0; i < 400; ++i) {
    const std::string jwk = public_jwk(Key::generate(Alg::es256));
    const auto document = json::Document::parse(jwk);
    ASSERT_EQ(document.root().find("x")->text()->size(), 43U);
    ASSERT_EQ(document.root().find("y")->text()->size(), 43U);
  }
}

TEST(Jwk, OfAnHmacSecretIsNeverWritten) { EXPECT_THROW(public_jwk(Key::hmac(std::string(32, 's'))), Error); }

class RefusedJwk : public testing::TestWithParam<const char*> {};

TEST_P(RefusedJwk, IsAnInvalidArgument) { EXPECT_THROW(key_from_jwk(GetParam()), std::invalid_argument); }

INSTANTIATE_TEST_SUITE_P(
    Forms, RefusedJwk,
    testing::Values(
        "", "[]", "{}", R"({"kty":"EC"})", R"({"kty":5})", R"({"kty":"oct","k":"AAAA"})",
        // another curve's name, another algorithm, encryption
        R"({"kty":"OKP","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})",
        R"({"kty":"OKP","crv":"Ed25519","alg":"ES256","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})",
        R"({"kty":"OKP","crv":"Ed25519","use":"enc","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})",
        // a private number, a duplicate member
        R"({"kty":"OKP","crv":"Ed25519","d":"AA","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})",
        R"({"kty":"OKP","kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})",
        // too short, padded, trailing bits, no text
        R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcH"})",
        R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo="})",
        R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURp"})",
        R"({"kty":"OKP","crv":"Ed25519","x":7})", R"({"kty":"OKP","crv":"Ed25519"})",
        // a coordinate without its leading zero, RSA without numbers
        R"({"kty":"EC","crv":"P-256","x":"AQ","y":"AQ"})", R"({"kty":"RSA"})",
        R"({"kty":"RSA","n":"AQAB","e":"AQAB"})"));

}  // namespace
}  // namespace gatehouse::crypto
