// A token is decoded and its signature checked once by each worker; what may change is asked each time.
#include "flows/recent_tokens.h"

#include <gtest/gtest.h>

#include "flows/refresh.h"
#include "tests/support/flow_test.h"

namespace gatehouse::flows {
namespace {

class RecentTokensTest : public support::FlowTest {
 protected:
  bool is_good(Kind kind, const std::string& token) { return keys.check(kind, token, time()).has_value(); }

  const support::ServiceClient client = new_client();
  const std::string access = generate(client).access_token;
};

TEST_F(RecentTokensTest, AGenuineTokenIsRememberedOnceAndNothingElseIs) {
  EXPECT_FALSE(is_good(Kind::access, access + "A"));
  EXPECT_FALSE(is_good(Kind::service, access));
  EXPECT_EQ(keys.remembered(), 0U);
  EXPECT_TRUE(is_good(Kind::access, access));
  EXPECT_TRUE(is_good(Kind::access, access));
  EXPECT_EQ(keys.remembered(), 1U);
}

// Workers read the list each five seconds.
TEST_F(RecentTokensTest, ItIsForgottenWhereAnyKeyIsAnotherOneAndNotWhereTheyAreTheSame) {
  const crypto::Key key = crypto::Key::generate(crypto::Alg::es256, "k1");
  const auto keeps = [&](std::vector<PublishedKey> before, std::vector<PublishedKey> after) {
    keys.publish(std::move(before));
    EXPECT_TRUE(is_good(Kind::access, access));
    keys.publish(std::move(after));
    return keys.remembered() == 1;
  };
  const Time from = time() - Seconds(60);
  const Time end = time() + Seconds(600);
  EXPECT_TRUE(keeps({{key, from, end}}, {{key, from, end}}));
  EXPECT_TRUE(keeps({}, {}));
  EXPECT_FALSE(keeps({{key, from, {}}}, {}));
  EXPECT_FALSE(keeps({{key, from, {}}}, {{key, from, end}}));
  EXPECT_FALSE(keeps({{key, from, {}}}, {{key, time(), {}}}));
  EXPECT_FALSE(keeps({{key, from, {}}}, {{key.named("k2"), from, {}}}));
  EXPECT_FALSE(keeps({{key, from, {}}}, {{crypto::Key::generate(crypto::Alg::es256, "k1"), from, {}}}));
}

TEST_F(RecentTokensTest, ARememberedTokenStillEndsInItsTime) {
  EXPECT_TRUE(is_good(Kind::access, access));
  later(times.access - Seconds(1));
  EXPECT_TRUE(is_good(Kind::access, access));
  later(Seconds(1));
  EXPECT_FALSE(is_good(Kind::access, access));
}

TEST_F(RecentTokensTest, ARememberedTokenIsRevokedAtOnce) {
  const TokenPair pair = generate(client);
  EXPECT_TRUE(is_live(pair));
  end_family(worker, actor, family_of(pair), FamilyEnd::revoked, time());
  EXPECT_FALSE(is_live(pair));
}

TEST_F(RecentTokensTest, AnotherKindAndAnotherSignatureAreNotTakenForIt) {
  EXPECT_TRUE(is_good(Kind::access, access));
  EXPECT_FALSE(is_good(Kind::service, access));
  EXPECT_FALSE(is_good(Kind::user, access));
  EXPECT_FALSE(is_good(Kind::internal, access));
  std::string damaged = access;
  damaged[damaged.size() - 20] = damaged[damaged.size() - 20] == 'A' ? 'B' : 'A';
  EXPECT_FALSE(is_good(Kind::access, damaged));
  EXPECT_FALSE(is_good(Kind::access, access + "A"));
  EXPECT_FALSE(is_good(Kind::access, access.substr(0, access.size() - 1)));
}

TEST_F(RecentTokensTest, ARememberedTokenGoesWithTheKeyThatSignedIt) {
  keys = TokenKeys(key_settings("ES256"));
  const crypto::Key key = crypto::Key::generate(crypto::Alg::es256, "k1");
  const Time end = time() + Seconds(10);
  keys.publish({{key, time() - Seconds(60), end}});
  const std::string token =
      sign_access(keys, {"family", client.id.str(), "42"}, "id", time() + Seconds(300), time(), time());
  EXPECT_TRUE(is_good(Kind::access, token));
  later(Seconds(10));  // its time is over
  EXPECT_FALSE(is_good(Kind::access, token));
  keys.publish({{key, time() - Seconds(60), {}}});
  EXPECT_TRUE(is_good(Kind::access, token));
  keys.publish({});  // withdrawn
  EXPECT_FALSE(is_good(Kind::access, token));
}

TEST(RecentTokens, HoldsABoundedNumber) {
  RecentTokens recent;
  crypto::Claims claims;
  const auto held = [&](std::size_t i) { return recent.find(std::to_string(i), Time{}).has_value(); };
  for (std::size_t i = 0; i <= RecentTokens::kMost; ++i) recent.keep(std::to_string(i), claims, {});
  EXPECT_FALSE(held(0));
  EXPECT_TRUE(held(RecentTokens::kMost));
}

}  // namespace
}  // namespace gatehouse::flows
