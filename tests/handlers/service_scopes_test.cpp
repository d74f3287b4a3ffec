// What administrators do to services over HTTP, as seed 002 shows it: scopes, the list, cleaning, the audit
// log.
#include <gmock/gmock.h>

#include <set>

#include "base/json.h"
#include "db/revocations.h"
#include "flows/scopes.h"
#include "tests/support/api_test.h"

namespace gatehouse::handlers {
namespace {

using std::chrono::hours;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kGrant = "/v1/internal/services/grant-scope";
constexpr const char* kRevoke = "/v1/internal/services/revoke-scope";
constexpr const char* kCheck = "/v1/internal/services/check-permission";
constexpr const char* kCleanUp = "/v1/internal/services/cleanup-tokens";

class ServiceAdministration : public support::ApiTest {
 protected:
  support::Answer as_admin(const char* path, const std::string& id, const std::string& scope) {
    return with_bearer(admin_token)
        .post(path, json::Object().add("client_id", id).add("scope_name", scope).str());
  }
  support::Answer see(const std::string& target) { return with_bearer(admin_token).get(target); }
  bool has_permission(const std::string& scope) {
    return as_admin(kCheck, client.id.str(), scope).flag("has_permission");
  }
  std::string audited(const std::string& action) {
    return support::raw_text(owner, "SELECT count(*)::text AS value FROM audit_log WHERE target = '" +
                                        client.id.str() + "' AND action = '" + action + "' AND actor = '" +
                                        admin.id.str() + "' AND client_address = '192.0.2.7'");
  }
  // Of each item of the array that has this name, its member.
  static std::vector<std::string> column(const support::Answer& answer, std::string_view array,
                                         std::string_view member) {
    std::vector<std::string> values;
    const auto document = json::Document::parse(answer.body);
    for (const auto& item : document.root().find(array).value().items()) {
      values.emplace_back(item.find(member).value().text().value());
    }
    return values;
  }
  // All pages of a list, this many items each.
  std::vector<std::string> all_pages(const std::string& path, std::string_view array, std::string_view member,
                                     int limit) {
    std::vector<std::string> all;
    std::string cursor;
    do {
      const auto page = see(path + (path.find('?') == std::string::npos ? "?" : "&") +
                            "limit=" + std::to_string(limit) + (cursor.empty() ? "" : "&cursor=" + cursor));
      EXPECT_EQ(page.status, 200);
      const auto values = column(page, array, member);
      EXPECT_LE(values.size(), static_cast<std::size_t>(limit));
      all.insert(all.end(), values.begin(), values.end());
      cursor = page.has("next_cursor") ? page.text("next_cursor") : "";
    } while (!cursor.empty());
    return all;
  }

  const support::ServiceClient admin = new_client({"internal:admin"});
  const support::ServiceClient client = new_client();
  const std::string admin_token = service_token(admin);
};

TEST_F(ServiceAdministration, Grant_200_AndTheNextTokenHasIt) {
  const auto answer = as_admin(kGrant, client.id.str(), "user:read");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.text("message"), "Scope granted successfully");
  EXPECT_TRUE(signed_in(client).has_scope("user:read"));
  EXPECT_EQ(audited("service.scope_granted"), "1");
}

TEST_F(ServiceAdministration, Grant_200_TwiceIsHarmlessAndOneChange) {
  as_admin(kGrant, client.id.str(), "user:read");
  EXPECT_EQ(as_admin(kGrant, client.id.str(), "user:read").text("message"), "Scope granted successfully");
  EXPECT_EQ(audited("service.scope_granted"), "1");
}

TEST_F(ServiceAdministration, Grant_200_EveryScopeThereIs) {
  for (const auto scope : flows::kScopes) {
    EXPECT_EQ(as_admin(kGrant, client.id.str(), std::string(scope)).status, 200) << scope;
  }
  EXPECT_EQ(signed_in(client).scopes.size(), flows::kScopes.size());
}

TEST_F(ServiceAdministration, Revoke_200_AndTokensIssuedBeforeEnd) {
  as_admin(kGrant, client.id.str(), "auth:token");
  const std::string token = service_token(client);
  EXPECT_EQ(with_bearer(token).post("/token/generate", "user_id=1").status, 200);
  EXPECT_EQ(as_admin(kRevoke, client.id.str(), "auth:token").text("message"), "Scope revoked successfully");
  EXPECT_EQ(with_bearer(token).post("/token/generate", "user_id=1").status, 401);
  EXPECT_EQ(audited("service.scope_revoked"), "1");
}

TEST_F(ServiceAdministration, Revoke_200_WhatItNeverHad) {
  const std::string token = service_token(client);
  EXPECT_EQ(as_admin(kRevoke, client.id.str(), "auth:token").status, 200);
  EXPECT_TRUE(is_live(flows::Kind::service, token));
}

TEST_F(ServiceAdministration, Scopes_404_AnUnknownOrMalformedClient) {
  for (const auto* path : {kGrant, kRevoke, kCheck}) {
    for (const auto* id : {"svc_000000000000", "svc_x", "x", "' OR 1=1", "usr_abc123def456"}) {
      const auto answer = as_admin(path, id, "user:read");
      EXPECT_EQ(answer.status, 404) << path << ' ' << id;
      EXPECT_EQ(answer.text("error"), "Client not found");
    }
  }
}

TEST_F(ServiceAdministration, Scopes_400_AnUnknownScope) {
  for (const auto* path : {kGrant, kRevoke, kCheck}) {
    for (const auto* scope : {"user:nonsense", "USER:READ", "user:read ", "*"}) {
      const auto answer = as_admin(path, client.id.str(), scope);
      EXPECT_EQ(answer.status, 400) << path << ' ' << scope;
      EXPECT_EQ(answer.text("error"), "Unknown scope");
    }
  }
}

TEST_F(ServiceAdministration, CheckPermission_200_SaysWhatIsGrantedNow) {
  EXPECT_FALSE(has_permission("user:read"));
  as_admin(kGrant, client.id.str(), "user:read");
  EXPECT_TRUE(has_permission("user:read"));
  as_admin(kRevoke, client.id.str(), "user:read");
  EXPECT_FALSE(has_permission("user:read"));
}

TEST_F(ServiceAdministration, CheckPermission_200_ADisabledServiceHasNone) {
  as_admin(kGrant, client.id.str(), "user:read");
  disable(client);
  EXPECT_FALSE(has_permission("user:read"));
}

TEST_F(ServiceAdministration, CheckPermission_200_ForAnyServiceJwt) {
  const std::string body =
      json::Object().add("client_id", admin.id.str()).add("scope_name", "internal:admin").str();
  EXPECT_TRUE(with_bearer(service_token(client)).post(kCheck, body).flag("has_permission"));
}

TEST_F(ServiceAdministration, List_200_HasTheSeedsMembersAndNoMore) {
  const auto document = json::Document::parse(see("/v1/internal/services").body);
  const auto items = document.root().find("services").value().items();
  ASSERT_FALSE(items.empty());
  for (const auto* name : {"client_id", "service_name", "description", "created_at"}) {
    EXPECT_TRUE(items.front().find(name).value().text()) << name;
  }
  for (const auto* name : {"client_secret", "secret_hash", "token_version", "scopes"}) {
    EXPECT_FALSE(items.front().find(name)) << name;
  }
}

TEST_F(ServiceAdministration, List_200_PagesHaveEveryServiceOnce) {
  const auto all = column(see("/v1/internal/services"), "services", "client_id");
  EXPECT_THAT(all, testing::Contains(client.id.str()));
  EXPECT_EQ(all_pages("/v1/internal/services", "services", "client_id", 1), all);
  EXPECT_EQ(all_pages("/api/internal/admin/services", "services", "client_id", 2), all);
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), all.size());
}

TEST_F(ServiceAdministration, Lists_400_ABadLimitOrCursor) {
  for (const auto* path : {"/v1/internal/services", "/api/internal/admin/services", "/v1/internal/audit"}) {
    for (const auto* query : {"limit=0", "limit=1001", "limit=-1", "limit=x", "limit=1.5", "cursor=x",
                              "limit=%zz", "limit=1&limit=2"}) {
      EXPECT_EQ(see(std::string(path) + "?" + query).status, 400) << path << ' ' << query;
    }
    EXPECT_EQ(see(std::string(path) + "?limit=1000&unknown=x&cursor=").status, 200);
  }
}

TEST_F(ServiceAdministration, AdminServices_200_ShowsScopesAndWhetherItIsDisabled) {
  as_admin(kGrant, client.id.str(), "user:read");
  disable(client);
  const auto document = json::Document::parse(see("/api/internal/admin/services").body);
  for (const auto& item : document.root().find("services").value().items()) {
    if (item.find("client_id").value().text() != client.id.str()) continue;
    EXPECT_EQ(item.find("scopes").value().items().size(), 1U);
    EXPECT_EQ(item.find("disabled").value().boolean(), true);
    return;
  }
  FAIL() << "it is not in the list";
}

TEST_F(ServiceAdministration, CleanUp_200_SaysHowManyOfEachKindItRemoved) {
  with_bearer(service_token(admin)).post(kCleanUp);  // of what other tests have left
  generate(client);
  // By PostgreSQL's own clock, which this one is ahead of.
  support::raw(owner,
               "UPDATE token_families SET expires_at = now() WHERE client_id = '" + client.id.str() + "'");
  const Time past = from_unix_seconds(1'600'000'000);
  for (int i = 0; i < 3; ++i) {
    auto tx = worker.begin();
    db::revocations::revoke(tx, {"token:clean-" + unique_digits(), 1, past, past});
    tx.commit();
  }
  const auto answer = with_bearer(service_token(admin)).post(kCleanUp);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.text("message"), "Expired tokens cleaned up successfully");
  EXPECT_EQ(answer.number("removed.refresh_tokens"), 1);
  EXPECT_EQ(answer.number("removed.revocations"), 3);
  EXPECT_EQ(answer.number("removed.service_secrets"), 0);
  EXPECT_TRUE(answer.flag("complete"));
  EXPECT_EQ(with_bearer(service_token(admin)).post(kCleanUp).number("removed.revocations"), 0);
}

TEST_F(ServiceAdministration, CleanUp_200_StopsAtItsBoundAndSaysThatThereIsMore) {
  support::raw(
      owner,
      "INSERT INTO revocations (key, min_version, effective_at, expires_at) SELECT 'token:many-' || n, "
      "1, now(), now() FROM generate_series(1, 20001) AS n");
  const auto first = with_bearer(admin_token).post(kCleanUp);
  EXPECT_EQ(first.number("removed.revocations"), 20000);
  EXPECT_FALSE(first.flag("complete"));
  EXPECT_TRUE(with_bearer(admin_token).post(kCleanUp).flag("complete"));
}

TEST_F(ServiceAdministration, Audit_200_TellsWhoDidWhatFromWhere) {
  as_admin(kGrant, client.id.str(), "user:read");
  const auto answer = see("/v1/internal/audit?target=" + client.id.str() + "&action=service.scope_granted");
  EXPECT_EQ(answer.status, 200);
  const auto document = json::Document::parse(answer.body);
  const auto items = document.root().find("entries").value().items();
  ASSERT_EQ(items.size(), 1U);
  const auto text = [&](std::string_view name) {
    return std::string(items[0].find(name).value().text().value());
  };
  EXPECT_EQ(text("actor"), admin.id.str());
  EXPECT_EQ(text("action"), "service.scope_granted");
  EXPECT_EQ(text("target"), client.id.str());
  EXPECT_EQ(text("tenant_id"), "tnt_default");
  EXPECT_EQ(text("ip_address"), "192.0.2.7");
  EXPECT_EQ(text("request_id"), "req-1");
  EXPECT_EQ(text("created_at"), to_rfc3339(time()));
  EXPECT_EQ(items[0].find("detail").value().find("scope").value().text(), "user:read");
}

TEST_F(ServiceAdministration, Audit_200_FiltersNarrowTogetherAndPagesAreWholeAndNewestFirst) {
  for (const auto* scope : {"user:read", "user:write", "user:delete"})
    as_admin(kGrant, client.id.str(), scope);
  later(Seconds(10));
  as_admin(kRevoke, client.id.str(), "user:read");
  const std::string mine = "/v1/internal/audit?target=" + client.id.str() + "&actor=" + admin.id.str();
  EXPECT_THAT(all_pages(mine, "entries", "action", 2),
              ElementsAre("service.scope_revoked", "service.scope_granted", "service.scope_granted",
                          "service.scope_granted"));
  const std::string edge = to_rfc3339(time());
  EXPECT_EQ(column(see(mine + "&since=" + edge), "entries", "id").size(), 1U);
  EXPECT_EQ(column(see(mine + "&until=" + edge), "entries", "id").size(), 3U);
  EXPECT_EQ(column(see(mine + "&since=5s"), "entries", "id").size(), 1U);
  EXPECT_THAT(column(see(mine + "&action=service.disabled"), "entries", "id"), IsEmpty());
  EXPECT_EQ(see(mine + "&since=yesterday").status, 400);
}

TEST_F(ServiceAdministration, Audit_200_ReadsAcrossTenants) {
  support::raw(owner,
               "INSERT INTO audit_log (tenant_id, at, id, actor, action, target, client_address, request_id, "
               "detail) VALUES ('" +
                   tenant.str() + "', now(), '20300101000000000000-0000000" +
                   tenant.str().substr(tenant.str().size() - 1) + "', 'x', 'test.happened', '" +
                   tenant.str() + "', '', '', '{}')");
  EXPECT_THAT(column(see("/v1/internal/audit?target=" + tenant.str()), "entries", "tenant_id"),
              ElementsAre(tenant.str()));
}

}  // namespace
}  // namespace gatehouse::handlers
