// Announce, sign, retire. The table is shared by all tests of this binary, so each begins by emptying it.
#include "flows/signing_keys.h"

#include <gmock/gmock.h>

#include "crypto/jwt.h"
#include "tests/support/flow_test.h"

namespace gatehouse::flows {
namespace {

using std::chrono::microseconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Seconds kDay{86400};

class SigningKeys : public support::FlowTest {
 protected:
  SigningKeys() { keys = TokenKeys(key_settings("ES256")); }

  std::string rotate(Seconds announce, crypto::Alg alg = crypto::Alg::es256) {
    return rotate_signing_key(owner, seal, actor, alg, announce, time());
  }
  std::optional<std::string> ensure(crypto::Alg alg = crypto::Alg::es256) {
    return ensure_signing_key(owner, seal, actor, alg, time());
  }
  std::string signed_now(Seconds life = kDay) {
    crypto::Claims claims;
    claims.subject = "42";
    claims.id = "id";
    claims.issued_at = unix_seconds(time());
    claims.expires_at = unix_seconds(time() + life);
    return keys.sign(Kind::user, claims, time());
  }
  std::string signer_now() { return crypto::read(signed_now())->header.kid; }
  std::vector<std::string> phases() {
    std::vector<std::string> found;
    for (const auto& key : list_signing_keys(worker, time())) {
      found.push_back(key.kid + " " + std::string(name_of(key.phase)));
    }
    return found;
  }
};

TEST_F(SigningKeys, TheFirstKeySignsAtOnce) {
  const auto kid = ensure();
  reload_keys();
  EXPECT_EQ(signer_now(), kid);
  EXPECT_THAT(phases(), ElementsAre(*kid + " signing"));
}

TEST_F(SigningKeys, AWithdrawnKeyChecksNothingAndAnotherSigns) {
  const auto leaked = *ensure();
  reload_keys();
  const std::string token = signed_now();
  EXPECT_FALSE(withdraw_signing_key(owner, seal, actor, "no such key", time()));
  ASSERT_TRUE(withdraw_signing_key(owner, seal, actor, leaked, time()));
  reload_keys();
  EXPECT_FALSE(keys.genuine(Kind::user, token, time()));
  EXPECT_NE(signer_now(), leaked);
  EXPECT_THAT(audited(leaked), testing::Contains(testing::HasSubstr("withdrawn")));
}

TEST_F(SigningKeys, OneThatIsOnlyAnnouncedIsWithdrawnAlone) {
  const auto first = *ensure();
  const auto announced = rotate(kDay);
  ASSERT_TRUE(withdraw_signing_key(owner, seal, actor, announced, time()));
  reload_keys();
  EXPECT_EQ(signer_now(), first);
  EXPECT_EQ(phases().size(), 1U);
  later(10 * kDay + kRetiredKeyTtl);
  reload_keys();
  EXPECT_EQ(signer_now(), first) << "the one that signs was to end when the other begins";
}

TEST_F(SigningKeys, OneIsEnough) {
  EXPECT_TRUE(ensure());
  EXPECT_FALSE(ensure());
  EXPECT_TRUE(ensure(crypto::Alg::eddsa));
}

TEST_F(SigningKeys, AnAnnouncedKeyIsPublishedAndDoesNotSignYet) {
  const std::string first = *ensure();
  const std::string second = rotate(kDay);
  reload_keys();
  EXPECT_TRUE(keys.knows(second));
  EXPECT_EQ(signer_now(), first);
  EXPECT_THAT(phases(), ElementsAre(second + " announced", first + " signing"));
}

TEST_F(SigningKeys, ItSignsFromTheAnnouncedMomentWithoutBeingReadAgain) {
  const std::string first = *ensure();
  const std::string second = rotate(kDay);
  reload_keys();
  later(kDay - microseconds(1));
  EXPECT_EQ(signer_now(), first);
  later(microseconds(1));
  EXPECT_EQ(signer_now(), second);
  EXPECT_THAT(phases(), ElementsAre(second + " signing", first + " retired"));
}

TEST_F(SigningKeys, ARetiredKeyChecksAsLongAsItsLastTokenLives) {
  ensure();
  rotate(kDay);
  reload_keys();
  later(kDay - Seconds(1));
  const std::string last = signed_now();
  later(kDay - Seconds(1));
  reload_keys();
  EXPECT_TRUE(keys.check(Kind::user, last, time()));
}

TEST_F(SigningKeys, ARetiredKeyIsGoneAfterThat) {
  const std::string first = *ensure();
  const std::string second = rotate(kDay);
  later(kDay + kRetiredKeyTtl - microseconds(1));
  EXPECT_THAT(phases(), ElementsAre(second + " signing", first + " retired"));
  later(microseconds(1));
  EXPECT_THAT(phases(), ElementsAre(second + " signing"));
  reload_keys();
  EXPECT_FALSE(keys.knows(first));
}

// A worker that has not read the list again must not go on with a key that has had its time.
TEST_F(SigningKeys, AKeyWhoseTimeIsOverChecksNothingEvenWhereItIsStillLoaded) {
  ensure();
  reload_keys();
  const std::string token = signed_now(10 * kDay);
  rotate(kShortestAnnounce);
  reload_keys();
  later(kShortestAnnounce + kRetiredKeyTtl - microseconds(1));
  EXPECT_TRUE(keys.check(Kind::user, token, time()));
  later(microseconds(1));
  EXPECT_FALSE(keys.check(Kind::user, token, time()));
}

TEST_F(SigningKeys, RotatingTwiceKeepsOneSignerAtEachMoment) {
  const std::string first = *ensure();
  const std::string second = rotate(kDay);
  later(kDay);
  const std::string third = rotate(kDay);
  reload_keys();
  EXPECT_EQ(signer_now(), second);
  later(kDay);
  EXPECT_EQ(signer_now(), third);
}

TEST_F(SigningKeys, AnAnnouncementTooShortForEveryWorkerToSeeIsRefused) {
  ensure();
  EXPECT_EQ(support::refusal([&] { rotate(kShortestAnnounce - Seconds(1)); }), Errc::invalid_request);
}

TEST_F(SigningKeys, AnAnnouncedKeyThatIsReplacedNeverSigns) {
  const std::string first = *ensure();
  const std::string dropped = rotate(kDay);
  const std::string urgent = rotate(kShortestAnnounce);
  later(kDay + Seconds(1));
  reload_keys();
  EXPECT_FALSE(keys.knows(dropped));
  EXPECT_EQ(signer_now(), urgent);
  EXPECT_THAT(phases(), ElementsAre(urgent + " signing", first + " retired"));
}

TEST_F(SigningKeys, ALaterAnnouncementKeepsTheSignerAsLongAsItsTokensLive) {
  ensure();
  rotate(kShortestAnnounce);
  rotate(kDay);
  later(kDay - Seconds(1));
  reload_keys();
  const std::string last = signed_now();
  later(kDay - Seconds(1));
  reload_keys();
  EXPECT_TRUE(keys.check(Kind::user, last, time()));
}

TEST_F(SigningKeys, RotatingOneAlgorithmLeavesTheOthersAlone) {
  const std::string es256 = *ensure();
  const std::string eddsa = *ensure(crypto::Alg::eddsa);
  later(Seconds(1));
  rotate(kShortestAnnounce, crypto::Alg::eddsa);
  later(kShortestAnnounce);
  reload_keys();
  EXPECT_EQ(signer_now(), es256);
  EXPECT_FALSE(ensure());
}

TEST_F(SigningKeys, EachPhaseIsInTheAuditLog) {
  const std::string first = *ensure();
  const std::string withdrawn = rotate(kDay);
  const std::string second = rotate(kDay);
  EXPECT_THAT(audited(withdrawn),
              ElementsAre(testing::HasSubstr("signing_key.announced"), "signing_key.withdrawn {}"));
  EXPECT_THAT(audited(first),
              testing::Contains(testing::StartsWith(R"(signing_key.retired {"checks_until": "20)")));
  EXPECT_THAT(audited(second), ElementsAre(testing::HasSubstr(R"("alg": "ES256")")));
}

TEST_F(SigningKeys, ThePrivateHalfIsSealed) {
  const std::string kid = *ensure();
  reload_keys();
  const std::string private_key(keys.published().at(0).key.pkcs8().reveal());
  const auto sealed =
      support::raw(owner, "SELECT private_sealed FROM signing_keys").front().bytes("private_sealed");
  EXPECT_EQ(sealed.find(private_key.substr(private_key.size() - 32)), std::string::npos);
  EXPECT_EQ(crypto::key_id_of(sealed), "k1");
}

TEST_F(SigningKeys, AKeyMovedToAnotherRowDoesNotOpen) {
  ensure();
  support::raw(owner, "UPDATE signing_keys SET kid = 'another'");
  EXPECT_EQ(support::refusal([&] { reload_keys(); }), Errc::unavailable);
}

TEST_F(SigningKeys, AMissingVaultKeyIsToldByTheKidOnly) {
  const std::string kid = *ensure();
  const auto others = crypto::SealKeys::parse("k2:" + std::string(43, 'A') + "=");
  try {
    load_signing_keys(worker, others, time());
    FAIL() << "it opened";
  } catch (const Error& error) {
    EXPECT_EQ(error.cause(), "no entry of VAULT_KEYS opens the signing key " + kid);
  }
}

TEST_F(SigningKeys, WithNoneThereIsNothingToPublish) {
  reload_keys();
  EXPECT_THAT(keys.published(), IsEmpty());
  EXPECT_THAT(phases(), IsEmpty());
}

}  // namespace
}  // namespace gatehouse::flows
