// Every list ends a page by its bytes as well as by its rows, and loses none of them.
#include <gmock/gmock.h>

#include <numeric>

#include "base/json.h"
#include "flows/dev_tokens.h"
#include "handlers/page.h"
#include "tests/support/api_test.h"

namespace gatehouse::handlers {
namespace {

using support::raw;

// Beside the rows: braces, names, the cursor.
constexpr std::size_t kLargestBody = kLargestPage + 1024;

class Pages : public support::ApiTest {
 protected:
  ~Pages() override {
    raw(owner, "DELETE FROM services WHERE service_name = 'long'");
    raw(owner, "DELETE FROM tenants WHERE name LIKE 'aaaa%'");
    raw(owner, "DELETE FROM dev_tokens WHERE note LIKE 'aaaa%'");
    raw(owner, "DELETE FROM audit_log WHERE target LIKE 'aaaa%'");
  }
  // 300 rows of 2 500 bytes each; `n` is their number.
  void insert(const std::string& into, const std::string& values) {
    raw(owner, "INSERT INTO " + into + " SELECT " + values +
                   " FROM generate_series(1, 300) AS n, repeat('a', 2500) AS long");
  }
  // As many as the profile of one may be long.
  void insert_users() {
    raw(owner,
        "INSERT INTO users (tenant_id, user_id, email, email_key, password_hash, profile, created_at) "
        "SELECT '" +
            home.id.str() +
            "', 'usr_' || lpad(n::text, 12, '0'), n, n, '', "
            "('{\"a\":\"' || repeat('a', 16376) || '\"}')::json, '2030-01-01' FROM generate_series(1, 60) n");
  }
  static std::string next_of(const support::Answer& answer) {
    const std::string link = answer.header("Link");
    const auto end = link.find('>');
    const auto begin = link.rfind('=', end) + 1;
    if (!link.empty()) return link.substr(begin, end - begin);
    return answer.body.starts_with('{') && answer.has("next_cursor") ? answer.text("next_cursor") : "";
  }
  // How many rows each page has.
  std::vector<std::size_t> walk(Sender sender, const std::string& path, const std::string& array = {}) {
    std::vector<std::size_t> sizes;
    std::string cursor;
    do {
      const auto answer =
          sender.get(path + (path.find('?') == std::string::npos ? "?" : "&") + "cursor=" + cursor);
      EXPECT_EQ(answer.status, 200);
      EXPECT_LE(answer.body.size(), kLargestBody);
      const auto document = json::Document::parse(answer.body);
      sizes.push_back((array.empty() ? document.root() : document.root().find(array).value()).items().size());
      cursor = next_of(answer);
    } while (!cursor.empty() && sizes.size() < 100);
    return sizes;
  }
  void expect_pages(const std::vector<std::size_t>& sizes, std::size_t least) {
    EXPECT_THAT(sizes, testing::SizeIs(testing::AllOf(testing::Ge(2U), testing::Le(4U))));
    EXPECT_EQ(std::accumulate(sizes.begin(), sizes.end(), std::size_t{0}), least);
  }
  Sender service(const std::string& scope) { return with_bearer(service_token(new_client({scope}))); }

  const support::TenantAccess home = new_tenant();
};

TEST_F(Pages, OfUsers) {
  insert_users();
  expect_pages(walk(with_bearer(home.secret_key), "/v1/users", "users"), 60);
  expect_pages(walk(service("user:read"), "/api/internal/users?tenant_id=" + home.id.str(), "users"), 60);
}

TEST_F(Pages, OfNicknamesAreAsLongAsTheyMayBeWhateverTheProfiles) {
  insert_users();
  const auto made = flows::create_dev_token(worker, {seal, false}, actor, {home.id, "app", {}}, time());
  EXPECT_THAT(walk(with_bearer(made.token.reveal()), "/api/v1/users", "users"), testing::ElementsAre(60U));
}

TEST_F(Pages, OfServices) {
  insert("services (client_id, service_name, description, created_at)",
         "'svc_page' || lpad(n::text, 8, '0'), 'long', long, '2030-01-01'");
  const auto sizes = walk(service("internal:admin"), "/v1/internal/services", "services");
  EXPECT_GE(sizes.size(), 2U);
  EXPECT_GE(std::accumulate(sizes.begin(), sizes.end(), std::size_t{0}), 300U);
}

TEST_F(Pages, OfTenants) {
  insert("tenants (tenant_id, name, created_at)", "'tnt_page' || lpad(n::text, 8, '0'), long, '2030-01-01'");
  const auto sizes = walk(service("tenant:read"), "/api/internal/tenants", "tenants");
  EXPECT_GE(sizes.size(), 2U);
  EXPECT_GE(std::accumulate(sizes.begin(), sizes.end(), std::size_t{0}), 300U);
}

TEST_F(Pages, OfDeveloperTokens) {
  insert("dev_tokens (tenant_id, token_id, token_hash, note, created_by, created_at)",
         "'" + home.id.str() +
             "', 'jt_page' || lpad(n::text, 8, '0'), sha256(n::text::bytea), long, '', '2030-01-01'");
  expect_pages(walk(with_bearer(admin_jwt()), "/api/v1/admin/devtokens?tenant_id=" + home.id.str(), "tokens"),
               300);
}

TEST_F(Pages, OfTheAuditLog) {
  insert("audit_log (tenant_id, at, id, actor, action, target, client_address, request_id, detail)",
         "'" + home.id.str() +
             "', '2030-01-01', lpad(n::text, 20, '0') || '-00000000', 'somebody', 'x', long, '', '', '{}'");
  expect_pages(walk(service("internal:admin"), "/v1/internal/audit?actor=somebody&action=x", "entries"), 300);
}

TEST_F(Pages, OfAServicesLog) {
  const auto client = new_client();
  insert(
      "access_log (client_id, created_at, endpoint, method, status_code, response_time_ms, ip_address, "
      "user_agent)",
      "'" + client.id.str() + "', '2030-01-01', long, 'GET', 200, 1, '', ''");
  expect_pages(walk(service("internal:admin"), "/v1/internal/services/" + client.id.str() + "/logs"), 300);
}

TEST_F(Pages, OfARecordsLog) {
  insert("vault_log (user_id, at, action, outcome, actor, client_address, request_id)",
         "'user-" + home.id.str() + "', '2030-01-01', 'read', 'ok', long, '', ''");
  expect_pages(walk(with_bearer(internal_jwt()), "/api/v1/tokens/user-" + home.id.str() + "/logs", "logs"),
               300);
}

}  // namespace
}  // namespace gatehouse::handlers
