// Keys and secrets change while the service runs, and what was issued stays good.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>

#include "base/base64.h"
#include "crypto/jwk.h"
#include "crypto/jwt.h"
#include "crypto/random.h"
#include "tests/support/load.h"
#include "tests/support/secrets.h"
#include "tests/support/stack.h"

namespace gatehouse::support {
namespace {

// Other settings for the third instance, brought in by `up --rolling`; the old ones come back at the end.
class KeyChange : public Stack {
 protected:
  ~KeyChange() override { write(original_); }

  void change(const Environment& settings) const {
    Environment all = original_;
    for (const auto& [name, value] : settings) all[name] = value;
    write(all);
  }

  void write(const Environment& settings) const {
    if (settings == read_env_file(third.env_file())) return;
    std::ofstream(third.env_file()) << to_env(settings);
    const auto result = third.up({"--rolling"});
    EXPECT_TRUE(result.ok()) << result.output;
  }

  static crypto::JwtHeader header_of(const std::string& token) { return crypto::read(token).value().header; }

  HttpAnswer refreshed(const Pair& presented) const {
    return send(form(third.http("/token/refresh"), "refresh_token=" + presented.refresh));
  }

  // The published key that signed it.
  std::optional<crypto::Key> published_key_of(const std::string& token) const {
    const auto answer = send({.url = third.http("/.well-known/jwks.json")});
    const auto document = answer.json();
    for (const auto& key : document.root().find("keys")->items()) {
      if (key.find("kid")->text() != header_of(token).kid) continue;
      EXPECT_FALSE(key.find("d").has_value());
      json::Object jwk;
      for (const auto* name : {"kty", "crv", "x", "y", "n", "e", "alg", "use", "kid"}) {
        if (const auto member = key.find(name)) jwk.add(name, *member->text());
      }
      return crypto::key_from_jwk(jwk.str());
    }
    return std::nullopt;
  }

  // As a resource server would: with the published keys and nothing else.
  bool checks_with_jwks(const std::string& token) const {
    const auto key = published_key_of(token);
    return key && crypto::verify(*key, token).ok();
  }

  const Instance third = Instance::third();
  const Environment original_ = read_env_file(third.env_file());
  const ServiceClient client = new_client_of(third, {"auth:token"});
  const Pair pair = new_pair_of(third, client);
};

TEST_F(KeyChange, AnotherJwtSecretKeepsOldTokensGoodWithThePreviousOneAndEndsThemWithout) {
  const std::string fresh = base64_encode(crypto::random_bytes(48));
  remember_secret(fresh);
  change({{"JWT_SECRET", fresh}, {"JWT_SECRET_PREVIOUS", original_.at("JWT_SECRET")}});
  EXPECT_TRUE(is_valid_at(third, pair.access));
  const auto later = new_pair_of(third, client);
  EXPECT_TRUE(is_valid_at(third, later.access));
  EXPECT_EQ(refreshed(pair).status, 200);

  change({{"JWT_SECRET", fresh}});
  EXPECT_FALSE(is_valid_at(third, pair.access));
  EXPECT_TRUE(is_valid_at(third, later.access));
}

TEST_F(KeyChange, AnotherAlgorithmKeepsOldTokensGoodAndItsKeyIsPublished) {
  ASSERT_EQ(header_of(pair.access).alg, "HS256");
  std::vector<std::string> issued;
  for (const std::string alg : {"ES256", "RS256"}) {
    change({{"TOKEN_SIGNING_ALG", alg}});
    EXPECT_TRUE(is_valid_at(third, pair.access)) << alg;
    const auto later = new_pair_of(third, client);
    EXPECT_EQ(header_of(later.access).alg, alg);
    EXPECT_TRUE(checks_with_jwks(later.access)) << alg;
    EXPECT_TRUE(is_valid_at(third, later.access)) << alg;
    const auto successor = refreshed(later);
    ASSERT_EQ(successor.status, 200);
    EXPECT_TRUE(checks_with_jwks(successor.text("access_token"))) << alg;
    issued.push_back(later.access);
  }
  change({});
  EXPECT_EQ(header_of(new_pair_of(third, client).access).alg, "HS256");
  for (const auto& token : issued) {
    EXPECT_TRUE(is_valid_at(third, token));
    EXPECT_TRUE(checks_with_jwks(token));
  }
}

TEST_F(KeyChange, ASwitchUnderLoadFailsNoRequest) {
  auto generate = form(third.http("/token/generate"), "user_id=42");
  generate.basic = client.basic();
  Load load(8, [generate] { return generate; });
  load.wait_for(50);
  change({{"TOKEN_SIGNING_ALG", "ES256"}});
  load.wait_for(50);
  load.stop();
  EXPECT_EQ(load.others_than({200}), "");
}

TEST_F(KeyChange, ANewKeyIsPublishedBeforeItSignsAndTheOldOneChecksOn) {
  change({{"TOKEN_SIGNING_ALG", "ES256"}});
  const auto before = new_pair_of(third, client);
  const auto rotated = third.gatehouse({"keys", "rotate", "--announce", "24h"});
  ASSERT_TRUE(rotated.ok()) << rotated.output;
  EXPECT_EQ(header_of(new_pair_of(third, client).access).kid, header_of(before.access).kid);

  const auto soon_after = third.gatehouse({"keys", "rotate", "--announce", "10s"});
  ASSERT_TRUE(soon_after.ok()) << soon_after.output;
  std::string after;
  EXPECT_TRUE(soon(
      [&] {
        after = new_pair_of(third, client).access;
        return header_of(after).kid != header_of(before.access).kid;
      },
      std::chrono::seconds(20)))
      << third.gatehouse({"keys", "list"}).output;
  EXPECT_TRUE(is_valid_at(third, after));
  EXPECT_TRUE(is_valid_at(third, before.access));
  EXPECT_TRUE(checks_with_jwks(before.access));
}

TEST_F(KeyChange, AWorkerWithAnotherVaultKeyDoesNotStart) {
  change({{"TOKEN_SIGNING_ALG", "ES256"}});
  auto settings = read_env_file(third.state() + "/settings");
  settings["VAULT_KEYS"] = "k1:" + base64_encode(crypto::random_bytes(32));
  const std::string file = test_folder() + "/another-vault-key";
  std::ofstream(file) << to_env(settings);
  const std::string worker = third.state() + "/release/bin/worker";
  const auto result = run_command({"timeout", "20", worker, "--pool", "fast", "--settings", file});
  std::filesystem::remove(file);
  EXPECT_EQ(result.exit_status, 1) << result.output;
  EXPECT_TRUE(result.says("VAULT_KEYS: no entry opens the signing key")) << result.output;
}

// RFC 8725 section 2.1: a public key is everybody's, and must never do for a secret.
TEST_F(KeyChange, ATokenUnderThePublicRsaKeyAsASecretIsRefused) {
  change({{"TOKEN_SIGNING_ALG", "RS256"}});
  const std::string good = new_pair_of(third, client).access;
  const auto key = published_key_of(good).value();
  const auto secret = crypto::Key::hmac(key.public_pem(), key.kid());
  const std::string forged = crypto::sign(secret, header_of(good).typ, crypto::verify(key, good).payload);
  EXPECT_TRUE(is_valid_at(third, good));
  EXPECT_FALSE(is_valid_at(third, forged));
  const auto answer =
      send({.url = third.http("/v1/internal/services"), .headers = {"Authorization: Bearer " + forged}});
  expect_error(answer, 401, "/v1/internal/services");
}

TEST_F(KeyChange, UnderHs256RotationSaysWhatToDoInstead) {
  const auto result = third.gatehouse({"keys", "rotate"});
  EXPECT_FALSE(result.ok());
  EXPECT_TRUE(result.says("JWT_SECRET_PREVIOUS")) << result.output;
}

}  // namespace
}  // namespace gatehouse::support
