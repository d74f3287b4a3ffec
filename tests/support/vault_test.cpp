#include "tests/support/vault_test.h"

#include "base/json.h"
#include "db/vault_log.h"

namespace gatehouse::support {

VaultTest::VaultTest() = default;

Config VaultTest::config_for(const std::string& url, Environment more) {
  more.merge(Environment{{"JWT_SECRET", kJwtSecret},
                         {"VAULT_KEYS", kVaultKeys},
                         {"TESLA_TOKEN_URL", url},
                         {"PROVIDER_TOKEN_URL", url},
                         {"PROVIDER_CLIENT_ID", "us"},
                         {"PROVIDER_CLIENT_SECRET", "a client's secret"}});
  return load_config(more);
}

std::string VaultTest::new_record(std::chrono::seconds life, const std::string& of) {
  const std::string user_id = "user-" + unique_digits();
  flows::save_tokens(vault(), actor, {user_id, of, "first-access", provider.new_grant(), time() + life},
                     false);
  return user_id;
}

std::vector<std::string> VaultTest::outcomes(const std::string& user_id) {
  std::vector<std::string> all;
  for (const auto& row : db::vault_log::list(worker, user_id, {}, 100))
    all.push_back(row.action + " " + row.outcome);
  return all;
}

std::vector<std::string> VaultTest::sent() const {
  std::vector<std::string> tokens;
  for (const auto& request : provider.seen()) {
    const auto document = json::Document::parse(request.body);
    tokens.emplace_back(document.root().find("refresh_token")->text().value());
  }
  return tokens;
}

}  // namespace gatehouse::support
