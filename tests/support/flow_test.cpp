#include "tests/support/flow_test.h"

#include "flows/live_token.h"
#include "flows/refresh.h"
#include "flows/signing_keys.h"
#include "flows/tenants.h"

namespace gatehouse::support {

void expect_same(const flows::TokenPair& a, const flows::TokenPair& b) {
  EXPECT_EQ(a.refresh_token, b.refresh_token);
  EXPECT_EQ(a.access_token, b.access_token);
  EXPECT_EQ(a.expires_in, b.expires_in);
}

// The signing keys are the installation's: an earlier test may have left some.
FlowTest::FlowTest() {
  raw(owner, "DELETE FROM signing_keys");
  for (db::Connection* connection : {&worker, &owner}) connection->on_revocation([this] { feed.round(); });
  feed.round();
}

flows::TokenKeys::Settings FlowTest::key_settings(const std::string& alg) {
  return {kIssuer, alg, Secret(kJwtSecret), Secret()};
}

ServiceClient FlowTest::new_client(std::initializer_list<std::string_view> scopes) {
  const auto made = flows::register_service(worker, actor, "test", "", time());
  for (const auto scope : scopes) flows::grant_scope(owner, actor, made.id, scope, time());
  return {made.id, std::string(made.secret.reveal())};
}

flows::TokenPair FlowTest::refresh(const std::string& refresh_token) {
  return flows::refresh(worker, replays, keys, times, actor, refresh_token, time());
}

TenantAccess FlowTest::new_tenant() {
  const auto made = flows::create_tenant(worker, actor, "test", time());
  return {made.id, made.public_key, std::string(made.secret_key.reveal())};
}

UserId FlowTest::new_user(const TenantId& of, const std::string& email) {
  return flows::register_user(worker, passwords, actor, of, {email, kPassword, "{}"}, time()).id;
}

flows::SignedIn FlowTest::sign_in(const TenantId& of, const std::string& email, const std::string& password,
                                  const std::string& address) {
  return flows::login(worker, keys, {passwords, limits}, {of, email, password, address}, time());
}

bool FlowTest::is_live(flows::Kind kind, const std::string& token) {
  feed.round();
  return flows::live_claims(revocations, keys, kind, token, time()).has_value();
}

std::string FlowTest::family_of(const flows::TokenPair& pair) {
  return keys.check(flows::Kind::access, pair.access_token, time()).value().family;
}

std::vector<std::string> FlowTest::audited(const std::string& target) {
  std::vector<std::string> lines;
  for (const db::Row& row :
       raw(owner, "SELECT action || ' ' || detail AS value FROM audit_log WHERE target = '" + target +
                      "' ORDER BY at, action")) {
    lines.push_back(row.text("value"));
  }
  return lines;
}

void FlowTest::reload_keys() { keys.publish(flows::load_signing_keys(worker, seal, time())); }

std::string FlowTest::actions_on(const std::string& target) {
  return raw_text(owner,
                  "SELECT coalesce(string_agg(action, ' ' ORDER BY at, id), '') AS value FROM "
                  "audit_log WHERE target = '" +
                      target + "'");
}

}  // namespace gatehouse::support
