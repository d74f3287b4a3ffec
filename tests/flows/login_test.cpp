// Passwords exchanged for tokens, and the limits on trying.
#include "flows/login.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "db/connection.h"
#include "db/revocations.h"
#include "flows/tenants.h"
#include "flows/user_tokens.h"
#include "tests/support/flow_test.h"

namespace gatehouse::flows {
namespace {

constexpr const char* kAnn = "Ann@example.com";

class LoginTest : public support::FlowTest {
 protected:
  std::optional<Errc> refused(const std::string& email, const std::string& password,
                              const std::string& address = "192.0.2.7") {
    return support::refusal([&] { sign_in(home.id, email, password, address); });
  }
  bool is_good(const std::string& token) { return is_live(Kind::user, token); }
  std::string sign_in_ann() { return sign_in(home.id, kAnn).token; }
  std::string jti(const std::string& token) { return keys.check(Kind::user, token, time()).value().id; }
  void change_password(const std::string& token, const std::string& current, const std::string& next) {
    change_password(worker, token, current, next);
  }
  void change_password(db::Connection& db, const std::string& token, const std::string& current,
                       const std::string& next) {
    const auto claims = keys.check(Kind::user, token, time()).value();
    flows::change_password(db, {passwords, limits}, actor,
                           {home.id, ann, claims.id, claims.version, current, next},
                           longest_user_token(times), time());
  }
  void change(const UserChange& what) {
    change_user(worker, actor, home.id, ann, what, longest_user_token(times), time());
  }
  std::string in_row(const std::string& column) {
    return support::raw_text(owner,
                             "SELECT " + column + " AS value FROM users WHERE user_id = '" + ann.str() + "'");
  }
  std::string attempts() {
    return support::raw_text(
        owner, "SELECT coalesce(max(attempts), 0) AS value FROM login_attempts WHERE tenant_id = '" +
                   home.id.str() + "'");
  }

  const support::TenantAccess home = new_tenant();
  const UserId ann = new_user(home.id, kAnn);
};

TEST_F(LoginTest, TheRightPasswordGetsAToken) {
  const auto signed_in = sign_in(home.id, kAnn);
  EXPECT_EQ(signed_in.user.id, ann);
  EXPECT_EQ(signed_in.user.email, kAnn);
  const auto claims = keys.check(Kind::user, signed_in.token, time()).value();
  EXPECT_EQ(claims.subject, ann.str());
  EXPECT_EQ(claims.tenant, home.id.str());
  EXPECT_EQ(claims.expires_at, unix_seconds(time() + Seconds(86400)));
  EXPECT_TRUE(is_good(signed_in.token));
}

TEST_F(LoginTest, TheEmailsCaseDoesNotMatter) {
  EXPECT_EQ(sign_in(home.id, "aNN@EXAMPLE.COM").user.email, kAnn);
}

TEST_F(LoginTest, ATokenEndsAfterADay) {
  const auto token = sign_in_ann();
  later(Seconds(86399));
  EXPECT_TRUE(is_good(token));
  later(Seconds(1));
  EXPECT_FALSE(is_good(token));
}

TEST_F(LoginTest, UnknownAndWrongAreOneRefusal) {
  EXPECT_EQ(refused("nobody@example.com", support::kPassword), Errc::invalid_grant);
  EXPECT_EQ(refused(kAnn, "wrong password"), Errc::invalid_grant);
  EXPECT_EQ(refused(kAnn, std::string(support::kPassword) + "x"), Errc::invalid_grant);
}

// By the fastest of each, at a cost that outweighs everything else in a login; a busy machine gets more
// tries.
TEST_F(LoginTest, AnUnknownEmailTakesTheTimeOfAWrongPassword) {
  const Passwords slow(6, {}, {13, 8, 1});
  support::raw(owner, "UPDATE users SET password_hash = '" + slow.hash(support::kPassword) +
                          "' WHERE user_id = '" + ann.str() + "'");
  const auto seconds_for = [&](const char* email, const std::string& address) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(support::refusal([&] {
                login(worker, keys, {slow, limits}, {home.id, email, "wrong password", address}, time());
              }),
              Errc::invalid_grant);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  double unknown = 1e9;
  double wrong = 1e9;
  const auto alike = [&] { return unknown < 1.3 * wrong && wrong < 1.3 * unknown; };
  for (int i = 0; i < 50 && (i < 3 || !alike()); ++i) {
    const std::string address = "192.0.2." + std::to_string(i);
    unknown = std::min(unknown, seconds_for("nobody@example.com", address));
    wrong = std::min(wrong, seconds_for(kAnn, address));
  }
  EXPECT_TRUE(alike()) << unknown << " s for an unknown email, " << wrong << " s for a wrong password";
}

TEST_F(LoginTest, ADisabledUserIsRefusedUntilEnabled) {
  change({std::nullopt, true});
  EXPECT_EQ(refused(kAnn, support::kPassword), Errc::invalid_grant);
  change({std::nullopt, false});
  EXPECT_TRUE(is_good(sign_in_ann()));
}

TEST_F(LoginTest, AnotherTenantsUserIsUnknown) {
  const auto other = new_tenant();
  EXPECT_EQ(support::refusal([&] { sign_in(other.id, kAnn); }), Errc::invalid_grant);
}

TEST_F(LoginTest, AHashOfAnotherCostIsMadeAnew) {
  const std::string before = in_row("password_hash");
  const Passwords dearer(6, {}, {5, 8, 1});
  flows::login(worker, keys, {dearer, limits}, {home.id, kAnn, support::kPassword, "192.0.2.7"}, time());
  EXPECT_EQ(in_row("left(password_hash, 13)"), "$scrypt$ln=5,");
  EXPECT_NE(in_row("password_hash"), before);
  flows::login(worker, keys, {dearer, limits}, {home.id, kAnn, support::kPassword, "192.0.2.7"}, time());
}

TEST_F(LoginTest, SoManyWrongOnesAndNoMore) {
  for (int i = 0; i < 10; ++i) EXPECT_EQ(refused(kAnn, "wrong"), Errc::invalid_grant);
  EXPECT_EQ(refused(kAnn, "wrong"), Errc::too_many_requests);
  EXPECT_EQ(refused(kAnn, support::kPassword), Errc::too_many_requests);
  EXPECT_EQ(attempts(), "10");
}

TEST_F(LoginTest, NobodyLocksSomebodyElseOut) {
  for (int i = 0; i < 11; ++i) refused(kAnn, "wrong", "198.51.100.1");
  EXPECT_EQ(refused(kAnn, support::kPassword, "192.0.2.7"), std::nullopt);
  EXPECT_EQ(refused(kAnn, support::kPassword, "198.51.100.1"), Errc::too_many_requests);
}

TEST_F(LoginTest, ARefusalSaysWhenToComeAgain) {
  for (int i = 0; i < 10; ++i) refused(kAnn, "wrong");
  later(Seconds(300));
  try {
    sign_in(home.id, kAnn, "wrong");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.retry_after(), 600);
  }
  later(Seconds(600));
  EXPECT_EQ(refused(kAnn, support::kPassword), std::nullopt);
}

TEST_F(LoginTest, ASuccessDoesNotCount) {
  for (int i = 0; i < 9; ++i) refused(kAnn, "wrong");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(refused(kAnn, support::kPassword), std::nullopt);
  EXPECT_EQ(attempts(), "9");
  EXPECT_EQ(refused(kAnn, "wrong"), Errc::invalid_grant);
  EXPECT_EQ(refused(kAnn, "wrong"), Errc::too_many_requests);
}

TEST_F(LoginTest, OneAddressHasTenTimesAsManyOverAllAccounts) {
  limits.attempts = 2;
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(refused(std::to_string(i) + "@example.com", "wrong"), Errc::invalid_grant);
  EXPECT_EQ(refused("another@example.com", "wrong"), Errc::too_many_requests);
  EXPECT_EQ(refused(kAnn, support::kPassword), Errc::too_many_requests);
  EXPECT_EQ(refused(kAnn, support::kPassword, "192.0.2.8"), std::nullopt);
}

TEST_F(LoginTest, AnIpv6NetworkIsOneAddress) {
  for (int i = 0; i < 10; ++i) refused(kAnn, "wrong", "2001:db8::" + std::to_string(i));
  EXPECT_EQ(refused(kAnn, "wrong", "2001:db8::ffff:1"), Errc::too_many_requests);
  EXPECT_EQ(refused(kAnn, "wrong", "2001:db8:0:1::1"), Errc::invalid_grant);
  EXPECT_EQ(network_of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  EXPECT_EQ(network_of("::ffff:192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(network_of("192.0.2.7"), "192.0.2.7");
}

TEST_F(LoginTest, AThousandWrongOnesOver64ConnectionsAreTenTries) {
  std::atomic<int> refused_as_wrong = 0;
  std::atomic<int> refused_as_many = 0;
  std::atomic<int> left = 1000;
  std::vector<std::thread> callers;
  for (int i = 0; i < 64; ++i) {
    callers.emplace_back([&] {
      db::Connection own = support::connected_worker();
      while (left-- > 0) {
        const auto why = support::refusal([&] {
          flows::login(own, keys, {passwords, limits}, {home.id, kAnn, "wrong", "192.0.2.7"}, time());
        });
        if (why == Errc::invalid_grant) ++refused_as_wrong;
        if (why == Errc::too_many_requests) ++refused_as_many;
      }
    });
  }
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(refused_as_wrong, 10);
  EXPECT_EQ(refused_as_many, 990);
  EXPECT_EQ(refused(kAnn, support::kPassword, "192.0.2.8"), std::nullopt);
}

TEST_F(LoginTest, AChangedPasswordIsTheOnlyOne) {
  change_password(sign_in_ann(), support::kPassword, "battery staple");
  EXPECT_EQ(refused(kAnn, support::kPassword), Errc::invalid_grant);
  EXPECT_EQ(refused(kAnn, "battery staple"), std::nullopt);
}

TEST_F(LoginTest, AChangeEndsAllOtherSessions) {
  const auto changing = sign_in_ann();
  const auto other = sign_in_ann();
  change_password(changing, support::kPassword, "battery staple");
  EXPECT_TRUE(is_good(changing));
  EXPECT_FALSE(is_good(other));
  const auto later_one = sign_in(home.id, kAnn, "battery staple").token;
  EXPECT_TRUE(is_good(later_one));
  change_password(later_one, "battery staple", "another staple");
  EXPECT_FALSE(is_good(changing));
  EXPECT_TRUE(is_good(later_one));
  change({std::nullopt, true});
  EXPECT_FALSE(is_good(later_one));
}

// Else a user who changes the password again and again could not be disabled.
TEST_F(LoginTest, AChangeThatIsUnderWayDoesNotOutliveDisabling) {
  const auto token = sign_in_ann();
  auto disabling = owner.begin();
  db::users::set_disabled(disabling, home.id, ann, time());
  end_user_tokens(disabling, home.id, ann, longest_user_token(times), time());
  std::optional<Errc> refused_as;
  std::thread changing([&] {
    db::Connection own = support::connected_worker();
    refused_as = support::refusal([&] { change_password(own, token, support::kPassword, "battery staple"); });
  });
  // It has read that she is not disabled and waits for her row.
  while (support::raw_text(worker, "SELECT count(*) AS value FROM pg_locks WHERE NOT granted") == "0")
    std::this_thread::yield();
  disabling.commit();
  changing.join();
  EXPECT_EQ(refused_as, Errc::invalid_token);
  EXPECT_FALSE(is_good(token));
  change({std::nullopt, false});
  EXPECT_FALSE(is_good(token));
  EXPECT_EQ(refused(kAnn, support::kPassword), std::nullopt);
}

TEST_F(LoginTest, AChangeWantsTheCurrentPasswordAndCountsWrongOnes) {
  const auto token = sign_in_ann();
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(support::refusal([&] { change_password(token, "wrong", "battery staple"); }),
              Errc::invalid_grant);
  }
  EXPECT_EQ(support::refusal([&] { change_password(token, support::kPassword, "battery staple"); }),
            Errc::too_many_requests);
  later(Seconds(900));
  EXPECT_EQ(support::refusal([&] { change_password(token, support::kPassword, "123456"); }),
            Errc::invalid_request);
  EXPECT_EQ(support::refusal([&] { change_password(token, support::kPassword, "battery staple"); }),
            std::nullopt);
}

TEST_F(LoginTest, ALogoutEndsOneToken) {
  const auto first = sign_in_ann();
  const auto second = sign_in_ann();
  later(Seconds(1));
  end_user_token(worker, actor, home.id, ann, jti(first), time() + kUserTokenTtl, time());
  EXPECT_FALSE(is_good(first));
  EXPECT_TRUE(is_good(second));
  EXPECT_EQ(actions_on(ann.str()), "user.registered user.logged_out");
}

TEST_F(LoginTest, APairMadeWhenRefreshTokensLivedLongerStaysEnded) {
  const auto client = new_client({"auth:token"});
  const auto pair = generate_pair(worker, keys, times, client.id.str(), ann, time());
  times.refresh = Seconds(3600);
  change({std::nullopt, true});
  later(std::chrono::days(29));
  db::revocations::delete_expired(owner, time(), 1000);
  EXPECT_TRUE(is_refused(pair.refresh_token));
}

TEST_F(LoginTest, DisablingAndDeletingEndAllTokens) {
  const auto before = sign_in_ann();
  change({std::nullopt, true});
  EXPECT_FALSE(is_good(before));
  change({std::nullopt, false});
  EXPECT_FALSE(is_good(before));
  const auto after = sign_in_ann();
  EXPECT_TRUE(is_good(after));
  delete_user(worker, actor, home.id, ann, longest_user_token(times), time());
  EXPECT_FALSE(is_good(after));
}

// A worker that had read the user before the user was disabled.
TEST_F(LoginTest, ATokenMadeFromWhatWasReadBeforeIsNoneEither) {
  const auto read = sign_in(home.id, kAnn).user;
  change({std::nullopt, true});
  EXPECT_FALSE(is_good(issue_user_token(keys, home.id, ann, read.version, time())));
}

TEST_F(LoginTest, AnAccessTokenOfOneOfOurUsersEndsAlike) {
  const auto access_token = [&](std::int64_t version) {
    crypto::Claims claims;
    claims.subject = ann.str();
    claims.tenant = home.id.str();
    claims.id = "a-jti-of-" + home.id.str();
    claims.client_id = "svc_abc123def456";
    claims.family = "f" + home.id.str();
    claims.issued_at = unix_seconds(time());
    claims.expires_at = unix_seconds(time() + Seconds(900));
    claims.version = version;
    return keys.sign(Kind::access, claims, time());
  };
  EXPECT_TRUE(is_live(Kind::access, access_token(1)));
  change({std::nullopt, true});
  EXPECT_FALSE(is_live(Kind::access, access_token(1)));
  EXPECT_TRUE(is_live(Kind::access, access_token(2)));
  delete_tenant(owner, actor, home.id, longest_user_token(times), time());
  EXPECT_FALSE(is_live(Kind::access, access_token(2)));
}

}  // namespace
}  // namespace gatehouse::flows
