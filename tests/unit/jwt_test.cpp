#include <gtest/gtest.h>

#include <array>
#include <string>

#include "base/base64.h"
#include "base/error.h"
#include "crypto/jwk.h"
#include "crypto/jwt.h"

namespace gatehouse::crypto {
namespace {

// RFC 7515 appendices A.1 to A.3: one payload, three keys
constexpr const char* kRfcPayload =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
constexpr const char* kRfcClaims =
    "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";

std::string rfc_token(const std::string& header, const std::string& signature) {
  return header + '.' + kRfcPayload + '.' + signature;
}

Key rfc_hs256() {
  const auto secret = base64url_decode(
      "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
  return Key::hmac(secret.value());
}
Key rfc_rs256() {
  return key_from_jwk(
      R"({"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0)"
      R"(Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e)"
      R"(-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8)"
      R"(q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"})");
}
Key rfc_es256() {
  return key_from_jwk(R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
                      R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})");
}

TEST(Jwt, VerifiesRfc7515AppendixA1) {
  const std::string token =
      rfc_token("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
  const Checked checked = verify(rfc_hs256(), token);
  EXPECT_EQ(checked.verdict, Verdict::ok);
  EXPECT_EQ(checked.header.typ, "JWT");
  EXPECT_EQ(checked.payload, kRfcClaims);
}

TEST(Jwt, VerifiesRfc7515AppendixA2) {
  const std::string token =
      rfc_token("eyJhbGciOiJSUzI1NiJ9",
                "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"
                "O8W2Fp5jujGbds9uJdbF9CUAr7t"
                "1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_"
                "eSN9383LcOLn6_dO--xi12j"
                "zDwusC-"
                "eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0i"
                "gcN_IoypGlUPQ"
                "Ge77Rw");
  EXPECT_EQ(verify(rfc_rs256(), token).payload, kRfcClaims);
}

TEST(Jwt, VerifiesRfc7515AppendixA3) {
  const std::string token =
      rfc_token("eyJhbGciOiJFUzI1NiJ9",
                "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
  EXPECT_EQ(verify(rfc_es256(), token).payload, kRfcClaims);
}

// RFC 8037 appendix A.1: d, in the PKCS#8 of RFC 8410 section 7
Key rfc_eddsa() {
  const auto d = base64url_decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A");
  const std::string pkcs8_prefix("\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20", 16);
  return Key::from_pkcs8(pkcs8_prefix + d.value());
}
constexpr const char* kRfc8037Token =
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

TEST(Jwt, SignsAndVerifiesRfc8037AppendixA4) {
  EXPECT_EQ(sign(rfc_eddsa(), "", "Example of Ed25519 signing"), kRfc8037Token);
  EXPECT_EQ(verify(rfc_eddsa(), kRfc8037Token).payload, "Example of Ed25519 signing");
}

TEST(Jwt, KnowsThePublicHalfOfRfc8037AppendixA2) {
  EXPECT_EQ(base64url_encode(rfc_eddsa().public_numbers().x), "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
}

constexpr const char* kClaims = R"({"sub":"12345","exp":1900000000})";

// A token of any header, with a signature that is right: what refuses it is what the header says.
std::string forge(const Key& key, const std::string& header, const std::string& payload = kClaims) {
  const std::string text = base64url_encode(header) + '.' + base64url_encode(payload);
  return text + '.' + base64url_encode(key.sign(text));
}

// One of each for all tests: making an RSA pair takes longer than all else here.
const Key& key_for(Alg alg) {
  static const std::array kKeys{Key::hmac(std::string(32, 's'), "k1"), Key::generate(Alg::rs256, "k1"),
                                Key::generate(Alg::es256, "k1"), Key::generate(Alg::eddsa, "k1")};
  return kKeys.at(static_cast<std::size_t>(alg));
}

class EveryAlg : public testing::TestWithParam<Alg> {
 protected:
  const Key& key_ = key_for(GetParam());
  const std::string token_ = sign(key_, "at+jwt", kClaims);
  Verdict verdict(const std::string& token) const { return verify(key_, token).verdict; }
  std::string header(const std::string& more) const {
    return R"({"alg":")" + std::string(name_of(GetParam())) + '"' + more + '}';
  }
};

TEST_P(EveryAlg, VerifiesWhatItSigned) {
  const Checked checked = verify(key_, token_);
  EXPECT_TRUE(checked.ok());
  EXPECT_EQ(checked.header.alg, name_of(GetParam()));
  EXPECT_EQ(checked.header.typ, "at+jwt");
  EXPECT_EQ(checked.header.kid, "k1");
  EXPECT_EQ(checked.payload, kClaims);
}

TEST_P(EveryAlg, ShowsNothingOfATokenThatItRefuses) {
  const Checked checked = verify(key_, token_.substr(0, token_.size() - 4) + "AAAA");
  EXPECT_EQ(checked.verdict, Verdict::bad_signature);
  EXPECT_EQ(checked.header.kid + checked.header.typ + checked.header.alg + checked.payload, "");
}

TEST_P(EveryAlg, RefusesNoneHoweverWritten) {
  const std::string payload = base64url_encode(kClaims);
  for (const char* none : {"none", "None", "NONE", "nOnE"}) {
    const std::string text = R"({"alg":")" + std::string(none) + R"("})";
    EXPECT_EQ(verdict(base64url_encode(text) + '.' + payload + '.'), Verdict::bad_algorithm);
    EXPECT_EQ(verdict(forge(key_, text)), Verdict::bad_algorithm);
  }
}

TEST_P(EveryAlg, RefusesEveryOtherAlgorithmsName) {
  for (const char* name :
       {"HS256", "HS384", "RS256", "RS512", "PS256", "ES256", "ES384", "EdDSA", "eddsa", "hs256", "HS256 "}) {
    if (name == name_of(GetParam())) continue;
    EXPECT_EQ(verdict(forge(key_, R"({"alg":")" + std::string(name) + R"("})")), Verdict::bad_algorithm)
        << name;
  }
}

TEST_P(EveryAlg, RefusesAHeaderWithoutAUsableAlgorithm) {
  for (const char* text : {R"({})", R"({"typ":"JWT"})", R"({"alg":""})", R"({"alg":null})",
                           R"({"alg":["HS256"]})", R"({"alg":1})"}) {
    EXPECT_EQ(verdict(forge(key_, text)), Verdict::malformed) << text;
  }
}

TEST_P(EveryAlg, RefusesAHeaderThatIsNoObject) {
  for (const char* text : {"", "null", "[]", "\"HS256\"", "{", "{} {}", "\xff\xfe", "{\"alg\":\"HS256\",}"}) {
    EXPECT_EQ(verdict(forge(key_, text)), Verdict::malformed) << text;
  }
}

TEST_P(EveryAlg, RefusesDuplicateHeaderMembers) {
  const std::string name(name_of(GetParam()));
  EXPECT_EQ(verdict(forge(key_, header(R"(,"alg":"none")"))), Verdict::malformed);
  EXPECT_EQ(verdict(forge(key_, header(R"(,"alg":")" + name + '"'))), Verdict::malformed);
  EXPECT_EQ(verdict(forge(key_, header(R"(,"kid":"a","kid":"b")"))), Verdict::malformed);
}

TEST_P(EveryAlg, RefusesCriticalExtensions) {
  EXPECT_EQ(verdict(forge(key_, header(R"(,"crit":["b64"],"b64":false)"))), Verdict::critical_header);
  EXPECT_EQ(verdict(forge(key_, header(R"(,"crit":[])"))), Verdict::critical_header);
  EXPECT_EQ(verdict(forge(key_, header(R"(,"crit":null)"))), Verdict::critical_header);
}

TEST_P(EveryAlg, RefusesATypOrKidThatIsNoText) {
  EXPECT_EQ(verdict(forge(key_, header(R"(,"typ":1)"))), Verdict::malformed);
  EXPECT_EQ(verdict(forge(key_, header(R"(,"kid":["k1"])"))), Verdict::malformed);
  EXPECT_EQ(verdict(forge(key_, header(R"(,"kid":"\u0000")"))), Verdict::malformed);
}

TEST_P(EveryAlg, TakesMembersItDoesNotKnow) {
  EXPECT_EQ(verdict(forge(key_, header(R"(,"cty":"x","n":[1,{"a":true}])"))), Verdict::ok);
}

TEST_P(EveryAlg, NeverTakesAKeyFromTheToken) {
  const Key theirs = Key::generate(Alg::es256, "k1");
  const std::string text = R"({"alg":"ES256","kid":"k1","jwk":)" + public_jwk(theirs) + '}';
  EXPECT_NE(verdict(forge(theirs, text)), Verdict::ok);
}

TEST_P(EveryAlg, RefusesAnEmptySignature) {
  EXPECT_EQ(verdict(token_.substr(0, token_.rfind('.') + 1)), Verdict::bad_signature);
}

TEST_P(EveryAlg, RefusesOtherThanThreeParts) {
  const std::size_t first = token_.find('.');
  const std::size_t second = token_.rfind('.');
  for (const std::string& token :
       {std::string(), std::string("."), std::string(".."), token_.substr(0, first), token_.substr(0, second),
        token_ + '.', token_ + ".AAAA", '.' + token_}) {
    EXPECT_EQ(verdict(token), Verdict::malformed) << token;
  }
}

TEST_P(EveryAlg, RefusesPaddingAndWhiteSpaceAndOtherAlphabets) {
  const std::size_t first = token_.find('.');
  for (const char* extra : {"=", "==", " ", "\n", "\r\n", "\t", "+", "/", "%3D"}) {
    EXPECT_EQ(verdict(token_ + extra), Verdict::malformed) << extra;
    EXPECT_EQ(verdict(extra + token_), Verdict::malformed) << extra;
    EXPECT_EQ(verdict(std::string(token_).insert(first, extra)), Verdict::malformed) << extra;
    EXPECT_EQ(verdict(std::string(token_).insert(first + 1, extra)), Verdict::malformed) << extra;
  }
  EXPECT_EQ(verdict(token_ + '\0'), Verdict::malformed);
}

// Only the last character of a part can carry bits that no byte holds: 32, 64 and 256 bytes all leave some.
TEST_P(EveryAlg, RefusesTrailingBitsInTheSignature) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  int refused = 0;
  for (const char last : kAlphabet) {
    std::string token = token_;
    token.back() = last;
    if (token == token_) continue;
    EXPECT_NE(verdict(token), Verdict::ok) << last;
    if (verdict(token) == Verdict::malformed) ++refused;
  }
  EXPECT_GE(refused, 48);
}

TEST_P(EveryAlg, RefusesAnyChangedCharacter) {
  for (std::size_t at = 0; at < token_.size(); ++at) {
    std::string token = token_;
    token[at] = token[at] == 'A' ? 'B' : 'A';
    EXPECT_NE(verdict(token), Verdict::ok) << at;
  }
}

TEST_P(EveryAlg, RefusesASignatureOfAnotherToken) {
  const std::string other = sign(key_, "at+jwt", R"({"sub":"99999","exp":1900000000})");
  EXPECT_EQ(verdict(token_.substr(0, token_.rfind('.')) + other.substr(other.rfind('.'))),
            Verdict::bad_signature);
}

TEST_P(EveryAlg, RefusesATokenLongerThan8KiB) {
  const std::string fits = forge(key_, header(""), std::string(5000, 'x'));
  EXPECT_EQ(verdict(fits), Verdict::ok);
  EXPECT_EQ(verdict(forge(key_, header(""), std::string(6200, 'x'))), Verdict::malformed);
  EXPECT_EQ(verdict(std::string(1U << 20U, 'A')), Verdict::malformed);
  EXPECT_THROW(sign(key_, "JWT", std::string(6200, 'x')), Error);
}

TEST_P(EveryAlg, RefusesDeepNestingInTheHeader) {
  EXPECT_EQ(verdict(forge(key_, header(",\"x\":" + std::string(2000, '[') + std::string(2000, ']')))),
            Verdict::malformed);
  EXPECT_EQ(verdict(base64url_encode(std::string(5000, '[')) + ".AAAA.AAAA"), Verdict::malformed);
}

TEST_P(EveryAlg, LeavesOutWhatThereIsNot) {
  const Key bare =
      GetParam() == Alg::hs256 ? Key::hmac(std::string(32, 's')) : Key::from_pkcs8(key_.pkcs8().reveal());
  const std::string token = sign(bare, "", kClaims);
  EXPECT_EQ(token.substr(0, token.find('.')), base64url_encode(header("")));
}

INSTANTIATE_TEST_SUITE_P(Jwt, EveryAlg, testing::Values(Alg::hs256, Alg::rs256, Alg::es256, Alg::eddsa),
                         [](const auto& test) { return std::string(name_of(test.param)); });

// The classic: the public key, which everybody has, used as an HMAC secret.
TEST(Jwt, RefusesHs256SignedWithAPublicKey) {
  for (const Alg alg : {Alg::rs256, Alg::es256, Alg::eddsa}) {
    const Key& pair = key_for(alg);
    const std::string pem = pair.public_pem();
    const PublicNumbers numbers = pair.public_numbers();
    for (const std::string& secret :
         {pem, pem.substr(0, pem.size() - 1), public_jwk(pair), numbers.n + numbers.x + numbers.y}) {
      const std::string token = sign(Key::hmac(secret, "k1"), "at+jwt", kClaims);
      EXPECT_EQ(verify(pair, token).verdict, Verdict::bad_algorithm);
      EXPECT_EQ(verify(Key::from_public_pem(pem), token).verdict, Verdict::bad_algorithm);
    }
  }
}

TEST(Jwt, RefusesHs256SignedWithThePublicKeysDer) {
  const Key& pair = key_for(Alg::rs256);
  std::string body = pair.public_pem();
  body = body.substr(body.find('\n') + 1);
  body = body.substr(0, body.find('-'));
  std::erase(body, '\n');
  const Key forger = Key::hmac(base64_decode(body).value());
  EXPECT_EQ(verify(pair, sign(forger, "at+jwt", kClaims)).verdict, Verdict::bad_algorithm);
  EXPECT_EQ(verify(pair, forge(forger, R"({"alg":"RS256"})")).verdict, Verdict::bad_signature);
}

TEST(Jwt, RefusesAnEs256SignatureOfZeros) {
  const std::string text = base64url_encode(R"({"alg":"ES256"})") + '.' + base64url_encode(kClaims);
  const std::string token = text + '.' + base64url_encode(std::string(64, '\0'));
  EXPECT_EQ(verify(Key::generate(Alg::es256), token).verdict, Verdict::bad_signature);
}

TEST(Jwt, RefusesAnEs256SignatureInDer) {
  // 70 bytes, as OpenSSL would write it; JWS wants r and s.
  const std::string text = base64url_encode(R"({"alg":"ES256"})") + '.' + base64url_encode(kClaims);
  const Key key = Key::generate(Alg::es256);
  const std::string raw = key.sign(text);
  const std::string zero(1, '\0');
  const std::string der = "\x30\x46\x02\x21" + zero + raw.substr(0, 32) + "\x02\x21" + zero + raw.substr(32);
  EXPECT_EQ(verify(key, text + '.' + base64url_encode(der)).verdict, Verdict::bad_signature);
}

TEST(Jwt, APublicKeyVerifiesAndDoesNotSign) {
  const Key pair = Key::generate(Alg::es256, "k1");
  const Key published = Key::from_public_pem(pair.public_pem(), "k1");
  EXPECT_TRUE(verify(published, sign(pair, "JWT", kClaims)).ok());
  EXPECT_THROW(sign(published, "JWT", kClaims), Error);
}

TEST(JwtRead, GivesTheHeaderWithoutTrust) {
  const Key key = Key::hmac(std::string(32, 's'), "k7");
  const std::string token = sign(key, "service+jwt", kClaims);
  const auto unchecked = read(token);
  ASSERT_TRUE(unchecked);
  EXPECT_EQ(unchecked->header.alg, "HS256");
  EXPECT_EQ(unchecked->header.typ, "service+jwt");
  EXPECT_EQ(unchecked->header.kid, "k7");
}

// Or it would not be known again.
TEST(JwtHeaders, TheOneOfATokenThatWasSignedIsTheOneThatWasForeseen) {
  const Key key = Key::hmac(std::string(32, 's'), "k7");
  const KnownHeader known = header_of(key, "service+jwt");
  const std::string token = sign(key, "service+jwt", kClaims);
  EXPECT_EQ(token.substr(0, token.find('.')), known.encoded);
  const auto decoded = read(token);
  EXPECT_EQ(decoded->header.alg, known.header.alg);
  EXPECT_EQ(decoded->header.typ, known.header.typ);
  EXPECT_EQ(decoded->header.kid, known.header.kid);
}

TEST(JwtHeaders, AKnownOneCountsOnlyWhereItIsTheWholeHeader) {
  const KnownHeader known{"e30", {"HS256", "JWT", ""}};  // it says nothing of the kind
  EXPECT_EQ(read("e30.e30.x", std::span(&known, 1))->header.alg, "HS256");
  EXPECT_FALSE(read("e3.e30.x", std::span(&known, 1)));
  EXPECT_FALSE(read("e30A.e30.x", std::span(&known, 1)));
}

TEST(JwtRead, SeesNothingInWhatIsNoJwt) {
  for (const char* text : {"", ".", "..", "abc", "a.b.c", "bm8.bm8.bm8", "e30.e30.", "gh_0123456789"}) {
    EXPECT_FALSE(read(text)) << text;
  }
  EXPECT_FALSE(read(std::string(9000, 'A')));
}

}  // namespace
}  // namespace gatehouse::crypto
