// Vocabulary for the vault: a provider to test against, records with grants of it, and their refreshing.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "flows/vault_refresh.h"
#include "outbound/curl_https.h"
#include "tests/support/flow_test.h"
#include "tests/support/provider.h"

namespace gatehouse::support {

class VaultTest : public FlowTest {
 protected:
  using Wish = flows::Wish;
  using Freshness = flows::Freshness;

  VaultTest();

  flows::Vault vault() { return {worker, https, providers, seal, clock, has_webhook, after}; }
  // Handles are the command line's.
  flows::Vault owners_vault() { return {owner, https, providers, seal, clock, has_webhook, after}; }
  // Saved with this much life left, and a grant at the provider.
  std::string new_record(std::chrono::seconds life = std::chrono::seconds(30),
                         const std::string& of = "tesla");
  flows::RefreshOutcome ensure(const std::string& user_id, Wish wish = Wish::when_dying,
                               std::chrono::milliseconds patience = std::chrono::seconds(10)) {
    return flows::ensure_fresh(vault(), actor, user_id, wish, patience);
  }
  db::vault::Record record(const std::string& user_id) { return db::vault::find(worker, user_id).value(); }
  std::string access_token(const std::string& user_id) {
    return flows::open_access_token(vault(), record(user_id));
  }
  std::string refresh_token(const std::string& user_id) {
    return flows::open_refresh_token(vault(), record(user_id));
  }
  std::string state(const std::string& user_id) { return record(user_id).state; }
  // Whether what is stored still works at the provider.
  bool holds_a_good_grant(const std::string& user_id) { return provider.accepts(refresh_token(user_id)); }

  // As another process would, on a connection of its own.
  struct Other {
    db::Connection db = connected_worker();
    outbound::CurlHttps https;
    explicit Other(const std::string& ca) : https(ca) {}
  };
  flows::Vault vault_of(Other& other) {
    return {other.db, other.https, providers, seal, clock, has_webhook, after};
  }
  // "action outcome" of each line of its log, the newest first.
  std::vector<std::string> outcomes(const std::string& user_id);
  // The refresh tokens that the provider was sent (as JSON), one after the other.
  std::vector<std::string> sent() const;

  static Config config_for(const std::string& url, Environment more = {});

  Provider provider;
  outbound::CurlHttps https{provider.ca_file()};
  outbound::Providers providers{config_for(provider.url())};
  bool has_webhook = false;
  std::function<void(flows::Step)> after;
};

}  // namespace gatehouse::support
