// Refresh tokens from before 2026-11-22, whose locator is 18 random bytes, do what the others do.
#include <gtest/gtest.h>

#include "base/base64.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "db/token_families.h"
#include "flows/refresh.h"
#include "flows/revocation.h"
#include "tests/support/flow_test.h"

namespace gatehouse::flows {
namespace {

class FormerToken : public support::FlowTest {
 protected:
  FormerToken() {
    std::string bytes = crypto::random_bytes(18 + 24);
    bytes += keys.stamp(bytes);
    db::token_families::NewFamily family;
    family.family_id = "former" + unique_digits();
    family.locator_hash = crypto::sha256(bytes.substr(0, 18));
    family.current_hash = crypto::sha256(bytes);
    family.client_id = client.id.str();
    family.subject = "42";
    family.created_at = time();
    family.expires_at = family.access_expires_at = time() + times.refresh;
    db::token_families::insert(worker, family);
    token = base64url_encode(bytes);
  }

  const support::ServiceClient client = new_client();
  std::string token;
};

TEST_F(FormerToken, GoesOnAsOneOfItsKind) {
  const TokenPair next = refresh(refresh(token).refresh_token);
  EXPECT_TRUE(is_live(next));
  EXPECT_EQ(next.refresh_token.size(), token.size());
}

TEST_F(FormerToken, IsAnsweredAgainInTheGraceAndEndsItsFamilyAfterIt) {
  const TokenPair next = refresh(token);
  support::expect_same(refresh(token), next);
  later(times.grace);
  EXPECT_TRUE(is_refused(token));
  EXPECT_TRUE(is_refused(next.refresh_token));
}

TEST_F(FormerToken, ThatIsNoLongerKnownIsReuse) {
  const std::string older = RefreshToken::parse(token)->successor(keys).text();
  EXPECT_TRUE(is_refused(older));
  EXPECT_TRUE(is_refused(token));
}

TEST_F(FormerToken, CanBeRevoked) {
  revoke_token(worker, keys, {Actor{client.id.str(), "192.0.2.7", "request"}, false}, token, time());
  EXPECT_TRUE(is_refused(token));
}

}  // namespace
}  // namespace gatehouse::flows
