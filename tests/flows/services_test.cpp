#include "flows/services.h"

#include <gmock/gmock.h>

#include "crypto/digest.h"
#include "flows/housekeeping.h"
#include "flows/scopes.h"
#include "flows/tenants.h"
#include "tests/support/flow_test.h"

namespace gatehouse::flows {
namespace {

using std::chrono::microseconds;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

class Services : public support::FlowTest {
 protected:
  bool is_accepted(const support::ServiceClient& who) {
    return support::refusal([&] { signed_in(who); }) != Errc::invalid_client;
  }
  support::ServiceClient rotated(std::optional<Seconds> overlap) {
    return {client.id, std::string(rotate_secret(owner, actor, client.id, overlap, time()).reveal())};
  }
  std::string count_audited(const std::string& action) {
    return support::raw_text(owner, "SELECT count(*)::text AS value FROM audit_log WHERE target = '" +
                                        client.id.str() + "' AND action = '" + action +
                                        "' AND actor = 'test'");
  }

  const support::ServiceClient client = new_client({"user:read", "auth:token"});
  const ServiceId unknown = ServiceId::trusted("svc_" + unique_digits());
};

TEST_F(Services, ASecretIs192RandomBitsUnderItsPrefix) {
  const auto other = new_client();
  EXPECT_TRUE(client.secret.starts_with("secret_"));
  EXPECT_EQ(client.secret.size(), 7 + 32U);
  EXPECT_NE(client.secret, other.secret);
  EXPECT_TRUE(ServiceId::parse(client.id.str()));
}

TEST_F(Services, TheSeedsLineFitsIntoOneLineOfBase64) {
  EXPECT_LE((client.id.str() + ":" + client.secret).size(), 57U);
}

TEST_F(Services, AClientIsKnownByItsSecretOnly) {
  const auto other = new_client();
  EXPECT_TRUE(is_accepted(client));
  for (const auto& wrong : {other.secret, std::string(), client.secret + "x", client.secret.substr(1)}) {
    EXPECT_FALSE(is_accepted({client.id, wrong})) << wrong.size();
  }
  EXPECT_FALSE(is_accepted({unknown, client.secret}));
}

TEST_F(Services, AnIdThatCannotExistIsRefusedAlike) {
  for (const auto& id : {std::string(), std::string("svc_"), std::string("x'; --"), std::string(5000, 'a'),
                         std::string("svc_\0\xff", 6)}) {
    EXPECT_EQ(support::refusal([&] { authenticate_client(worker, id, client.secret, time()); }),
              Errc::invalid_client);
  }
}

TEST_F(Services, NoSecretLiesInTheDatabase) {
  const std::string rows = support::raw_text(
      owner, "SELECT string_agg(s::text, ' ') AS value FROM service_secrets s WHERE client_id = '" +
                 client.id.str() + "'");
  EXPECT_EQ(rows.find(client.secret), std::string::npos);
  EXPECT_EQ(rows.find(crypto::hex(client.secret)), std::string::npos);  // as a bytea shows itself
  EXPECT_NE(rows.find(crypto::hex(crypto::sha256(client.secret))), std::string::npos);
}

TEST_F(Services, AServiceJwtCarriesTheScopesAndLivesFiveMinutes) {
  const auto token = issue_service_token(keys, signed_in(client), std::nullopt, time());
  EXPECT_THAT(token.scopes, ElementsAre("auth:token", "user:read"));
  EXPECT_EQ(token.expires_in, Seconds(300));
  const auto claims = keys.check(Kind::service, token.access_token, time());
  EXPECT_EQ(claims->scope, "auth:token user:read");
  EXPECT_EQ(claims->subject, client.id.str());
}

TEST_F(Services, AScopeMayBeNarrowedAndNeverWidened) {
  const auto who = signed_in(client);
  EXPECT_THAT(issue_service_token(keys, who, "user:read", time()).scopes, ElementsAre("user:read"));
  EXPECT_THAT(issue_service_token(keys, who, "user:read user:read", time()).scopes, ElementsAre("user:read"));
  for (const auto* wrong : {"", " ", "user:write", "user:read user:write", "nonsense", "USER:READ"}) {
    EXPECT_EQ(support::refusal([&] { issue_service_token(keys, who, wrong, time()); }), Errc::invalid_scope)
        << wrong;
  }
}

TEST_F(Services, AGrantIsInTheNextToken) {
  EXPECT_TRUE(grant_scope(owner, actor, client.id, "user:write", time()));
  EXPECT_FALSE(grant_scope(owner, actor, client.id, "user:write", time()));
  EXPECT_TRUE(signed_in(client).has_scope("user:write"));
  EXPECT_EQ(count_audited("service.scope_granted"), "3");
}

TEST_F(Services, AGrantLeavesTokensAlone) {
  const std::string token = service_token(client);
  grant_scope(owner, actor, client.id, "user:write", time());
  EXPECT_TRUE(is_live(Kind::service, token));
}

TEST_F(Services, RevokingAScopeEndsTheJwtsAlreadyIssued) {
  const std::string before = service_token(client);
  EXPECT_TRUE(revoke_scope(owner, actor, client.id, "user:read", time()));
  EXPECT_FALSE(is_live(Kind::service, before));
  const std::string after = service_token(client);
  EXPECT_TRUE(is_live(Kind::service, after));
  EXPECT_EQ(keys.check(Kind::service, after, time())->scope, "auth:token");
}

// It was read just before: its token must be a dead one.
TEST_F(Services, AClientReadBeforeTheRevocationGetsADeadToken) {
  const auto read_before = signed_in(client);
  revoke_scope(owner, actor, client.id, "user:read", time());
  const auto late = issue_service_token(keys, read_before, std::nullopt, time());
  EXPECT_FALSE(is_live(Kind::service, late.access_token));
}

TEST_F(Services, RevokingAScopeLeavesPairsAndOtherClientsAlone) {
  const auto other = new_client({"user:read"});
  const std::string others = service_token(other);
  const TokenPair pair = generate(client);
  revoke_scope(owner, actor, client.id, "user:read", time());
  EXPECT_TRUE(is_live(Kind::service, others));
  EXPECT_TRUE(is_live(pair));
}

TEST_F(Services, RevokingAScopeTwiceChangesNothing) {
  revoke_scope(owner, actor, client.id, "user:read", time());
  const std::string token = service_token(client);
  EXPECT_FALSE(revoke_scope(owner, actor, client.id, "user:read", time()));
  EXPECT_TRUE(is_live(Kind::service, token));
  EXPECT_EQ(count_audited("service.scope_revoked"), "1");
}

TEST_F(Services, DisablingEndsItsJwtsItsPairsAndItsSecret) {
  const std::string token = service_token(client);
  const TokenPair pair = generate(client);
  EXPECT_TRUE(disable_service(owner, actor, client.id, time()));
  EXPECT_FALSE(disable_service(owner, actor, client.id, time()));
  EXPECT_FALSE(is_live(Kind::service, token));
  EXPECT_FALSE(is_live(pair));
  EXPECT_TRUE(is_refused(pair.refresh_token));
  EXPECT_FALSE(is_accepted(client));
}

TEST_F(Services, DisablingIsRememberedAsLongAsItsPairsLive) {
  times.access = Seconds(86400);
  const TokenPair pair = generate(client);
  disable(client);
  later(Seconds(86399));
  Housekeeping(retention()).round(worker, time());
  EXPECT_FALSE(is_live(pair));
}

TEST_F(Services, BothSecretsWorkUntilTheOverlapEnds) {
  const auto fresh = rotated(Seconds(3600));
  EXPECT_TRUE(is_accepted(fresh));
  later(Seconds(3600) - microseconds(1));
  EXPECT_TRUE(is_accepted(client));
  later(microseconds(1));
  EXPECT_FALSE(is_accepted(client));
  EXPECT_TRUE(is_accepted(fresh));
  EXPECT_THAT(audited(client.id.str()), Contains(R"(service.secret_rotated {"overlap_seconds": 3600})"));
}

TEST_F(Services, TheAuditLogTellsASecretThatEndedAtOnce) {
  rotated(std::nullopt);
  EXPECT_THAT(audited(client.id.str()), Contains(R"(service.secret_rotated {"now": true})"));
}

TEST_F(Services, ANameThatATerminalWouldActUponIsRefused) {
  for (const auto* name : {"\x1b[31mred",
                           "\xC2\x9B"
                           "31m",
                           "\xE2\x80\xAE"
                           "gnillib",
                           " ", "two\nlines"}) {
    EXPECT_EQ(support::refusal([&] { register_service(worker, actor, name, "", time()); }),
              Errc::invalid_request);
  }
  EXPECT_EQ(support::refusal([&] { register_service(worker, actor, std::string(201, 'a'), "", time()); }),
            Errc::invalid_request);
}

TEST_F(Services, AThirdSecretNeverLives) {
  rotated(Seconds(3600));
  EXPECT_EQ(support::refusal([&] { rotated(Seconds(3600)); }), Errc::conflict);
  later(Seconds(3600));
  EXPECT_NO_THROW(rotated(Seconds(3600)));
}

TEST_F(Services, ATokenGotWithTheOldSecretEndsWithIt) {
  rotated(Seconds(300));
  later(Seconds(200));
  const auto token = issue_service_token(keys, signed_in(client), std::nullopt, time());
  EXPECT_EQ(token.expires_in, Seconds(100));
  EXPECT_TRUE(is_live(Kind::service, token.access_token));
  later(Seconds(100));
  EXPECT_FALSE(is_live(Kind::service, token.access_token));
}

TEST_F(Services, ATokenGotJustBeforeARotationEndsNoLaterThanTheOldSecret) {
  const std::string before = service_token(client);
  rotated(kShortestOverlap);
  EXPECT_TRUE(is_live(Kind::service, before));
  later(kShortestOverlap);
  EXPECT_FALSE(is_live(Kind::service, before));
}

TEST_F(Services, RotationNowEndsTheOldSecretAndItsTokens) {
  const std::string before = service_token(client);
  const auto fresh = rotated(std::nullopt);
  EXPECT_FALSE(is_accepted(client));
  EXPECT_FALSE(is_live(Kind::service, before));
  EXPECT_TRUE(is_live(Kind::service, service_token(fresh)));
}

TEST_F(Services, RotationNowEndsAnOverlapThatWasRunning) {
  const auto second = rotated(Seconds(3600));
  rotated(std::nullopt);
  EXPECT_FALSE(is_accepted(client));
  EXPECT_FALSE(is_accepted(second));
}

TEST_F(Services, AnOverlapLongerThan90DaysIsRefused) {
  for (const auto overlap : {kLongestOverlap + Seconds(1), Seconds::max()})
    EXPECT_EQ(support::refusal([&] { rotated(overlap); }), Errc::invalid_request);
  EXPECT_TRUE(is_accepted(client));
  EXPECT_TRUE(is_accepted(rotated(kLongestOverlap)));
}

TEST_F(Services, AnOverlapShorterThanATokenIsRefused) {
  for (const int seconds : {0, 1, 299}) {
    EXPECT_EQ(support::refusal([&] { rotated(Seconds(seconds)); }), Errc::invalid_request) << seconds;
  }
  EXPECT_TRUE(is_accepted(client));
}

TEST_F(Services, WhoIsNoAdministratorAnyMoreChangesNoScope) {
  const auto admin = new_client({"internal:admin"});
  const Actor as_admin{admin.id.str(), "", ""};
  EXPECT_TRUE(grant_scope(worker, as_admin, client.id, "user:write", time()));
  revoke_scope(owner, actor, admin.id, "internal:admin", time());
  // What was under way meanwhile, authenticated and all.
  EXPECT_EQ(support::refusal([&] { grant_scope(worker, as_admin, admin.id, "internal:admin", time()); }),
            Errc::invalid_token);
  EXPECT_EQ(support::refusal([&] { revoke_scope(worker, as_admin, client.id, "user:write", time()); }),
            Errc::invalid_token);
  EXPECT_THAT(signed_in(admin).scopes, IsEmpty());
}

TEST_F(Services, AnUnknownClientIsNotFound) {
  EXPECT_EQ(support::refusal([&] { grant_scope(owner, actor, unknown, "user:read", time()); }),
            Errc::not_found);
  EXPECT_EQ(support::refusal([&] { revoke_scope(owner, actor, unknown, "user:read", time()); }),
            Errc::not_found);
  EXPECT_EQ(support::refusal([&] { disable_service(owner, actor, unknown, time()); }), Errc::not_found);
  EXPECT_EQ(support::refusal([&] { rotate_secret(owner, actor, unknown, {}, time()); }), Errc::not_found);
}

TEST_F(Services, AnUnknownScopeIsRefused) {
  for (const auto* scope : {"", "user", "user:read user:write", "User:Read", "*", "internal:admin\n"}) {
    EXPECT_EQ(support::refusal([&] { grant_scope(owner, actor, client.id, scope, time()); }),
              Errc::invalid_scope);
    EXPECT_EQ(support::refusal([&] { revoke_scope(owner, actor, client.id, scope, time()); }),
              Errc::invalid_scope);
  }
}

TEST(Scopes, AreTheContractsNine) {
  EXPECT_THAT(std::vector<std::string>(kScopes.begin(), kScopes.end()),
              ElementsAre("user:read", "user:write", "user:delete", "tenant:read", "tenant:write",
                          "tenant:delete", "auth:token", "auth:validate", "internal:admin"));
}

TEST(Scopes, AreSplitAtSpacesAndJoinedAgain) {
  EXPECT_THAT(split_scope("a:b c:d"), ElementsAre("a:b", "c:d"));
  EXPECT_THAT(split_scope("  a  "), ElementsAre("a"));
  EXPECT_THAT(split_scope(""), IsEmpty());
  EXPECT_EQ(join_scope({"a:b", "c:d"}), "a:b c:d");
}

}  // namespace
}  // namespace gatehouse::flows
