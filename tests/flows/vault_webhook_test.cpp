// Who watches over logins is told, once for each change, and can check who told.
#include "flows/vault_webhook.h"

#include <gmock/gmock.h>

#include "base/json.h"
#include "crypto/digest.h"
#include "flows/outbox.h"
#include "tests/support/vault_test.h"

namespace gatehouse::flows {
namespace {

using std::chrono::milliseconds;
using support::Mishap;
using testing::ElementsAre;
using testing::IsEmpty;

class VaultWebhook : public support::VaultTest {
 protected:
  VaultWebhook() {
    support::raw(owner, "DELETE FROM outbox");
    has_webhook = true;
  }
  // "event user_id" of each message that waits, in their order.
  std::vector<std::string> told() {
    std::vector<std::string> all;
    for (const auto& message :
         db::outbox::take_due(worker, {kVaultWebhookKind}, time(), time() + Seconds(1), 100)) {
      EXPECT_EQ(message.kind, kVaultWebhookKind);
      const auto body = crypto::open(seal, message.sealed, "outbox.sealed:" + message.id);
      const auto document = json::Document::parse(body.value());
      all.push_back(std::string(*document.root().find("event")->text()) + " " +
                    std::string(*document.root().find("user_id")->text()));
      db::outbox::remove(worker, message.id);
    }
    return all;
  }
  void needs_login(const std::string& user) {
    provider.next(Mishap::login_required);
    EXPECT_EQ(ensure(user, Wish::always).freshness, Freshness::needs_login);
  }
};

TEST_F(VaultWebhook, IsToldOnceThatALoginIsNeeded) {
  const auto user = new_record();
  needs_login(user);
  later(Seconds(11));
  needs_login(user);
  EXPECT_THAT(told(), ElementsAre("needs_login " + user));
}

TEST_F(VaultWebhook, IsToldThatItWorksAgainAfterANewLogin) {
  const auto user = new_record();
  needs_login(user);
  told();
  save_tokens(vault(), actor, {user, "tesla", "new", provider.new_grant(), time() + Seconds(3600)}, true);
  EXPECT_THAT(told(), ElementsAre("works_again " + user));
  save_tokens(vault(), actor, {user, "tesla", "new", provider.new_grant(), time() + Seconds(3600)}, true);
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(VaultWebhook, IsToldThatItWorksAgainWhenTheProviderTakesTheTokenAfterAll) {
  const auto user = new_record();
  needs_login(user);
  told();
  later(Seconds(11));
  EXPECT_EQ(ensure(user, Wish::always).freshness, Freshness::good);
  EXPECT_THAT(told(), ElementsAre("works_again " + user));
}

TEST_F(VaultWebhook, IsNotToldOfWhatPassesByItself) {
  const auto user = new_record();
  for (const auto mishap :
       {Mishap::server_error, Mishap::limited, Mishap::html_403, Mishap::invalid_client}) {
    provider.next(mishap);
    ensure(user, Wish::always);
    later(Seconds(7200));
  }
  ensure(user, Wish::always);
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(VaultWebhook, WithoutOneNothingIsKept) {
  has_webhook = false;
  needs_login(new_record());
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(VaultWebhook, TheSignatureCoversTheTimeAndTheBody) {
  const auto call =
      webhook_call("https://a.example/hook", Secret("a secret of more than thirty-two bytes"), "{}", time());
  const std::string at = std::to_string(unix_seconds(time()));
  EXPECT_EQ(call.body, "{}");
  const std::string expected =
      crypto::hex(crypto::hmac_sha256("a secret of more than thirty-two bytes", at + ".{}"));
  const std::pair<std::string, std::string> header{"X-Gatehouse-Signature", "t=" + at + ",v1=" + expected};
  EXPECT_THAT(call.headers, testing::Contains(header));
}

}  // namespace
}  // namespace gatehouse::flows
