// What LINE sends: its signature, whom the bot listens to, and what becomes of it.
#include <gmock/gmock.h>

#include "base/base64.h"
#include "crypto/digest.h"
#include "tests/support/api_test.h"

namespace gatehouse::handlers {
namespace {

class LineWebhook : public support::ApiTest {
 protected:
  LineWebhook() {
    configure({{"LINE_CHANNEL_SECRET", "channel secret"},
               {"LINE_CHANNEL_ACCESS_TOKEN", "channel access"},
               {"LINE_ADMIN_USER_IDS", "Uadmin,Uother"}});
    support::raw(owner, "DELETE FROM outbox");
  }
  static std::string signature(const std::string& body) {
    return base64_encode(crypto::hmac_sha256("channel secret", body));
  }
  int deliver_signed(const std::string& body, const std::string& signed_with) {
    auto delivery = request("POST", "/line/webhook");
    delivery.body = body;
    delivery.content_type = "application/json; charset=utf-8";
    delivery.line_signature = signed_with;
    return send(std::move(delivery)).status;
  }
  int deliver(const std::string& events) {
    const std::string body = R"({"destination":"bot","events":[)" + events + "]}";
    return deliver_signed(body, signature(body));
  }
  std::string event(const std::string& text, const std::string& user = "Uadmin",
                    const std::string& where = "user") {
    return event_of("event-" + unique_digits(), text, user, where);
  }
  std::string event_of(const std::string& id, const std::string& text, const std::string& user = "Uadmin",
                       const std::string& where = "user") const {
    return R"({"type":"message","mode":"active","timestamp":)" + std::to_string(unix_seconds(time()) * 1000) +
           R"(,"replyToken":"reply","webhookEventId":")" + id + R"(","source":{"type":")" + where +
           R"(","userId":")" + user + R"("},"message":{"type":"text","id":"1","text":")" + text + R"("}})";
  }
  // As the keeper does; of what is in the outbox nothing goes.
  void clean_up() {
    support::raw(owner, "UPDATE outbox SET deadline = deadline + interval '30 days'");
    flows::clean_tokens(owner, time(), 1000);
  }
  std::string replies() { return support::raw_text(owner, "SELECT count(*) AS value FROM outbox"); }
};

TEST_F(LineWebhook, Deliver_200_AndTheReplyIsInTheOutbox) {
  EXPECT_EQ(deliver(event("devtoken list")), 200);
  EXPECT_EQ(replies(), "1");
}

TEST_F(LineWebhook, Deliver_200_WithoutEvents) { EXPECT_EQ(deliver(""), 200); }

TEST_F(LineWebhook, Deliver_401_WithAnotherSignature) {
  const std::string body = R"({"events": []})";
  for (const auto& bad :
       {std::string(), std::string("AAAA"), std::string("%%%"), signature(R"({"events":[]})"),
        base64_encode(crypto::hmac_sha256("another secret", body))})
    EXPECT_EQ(deliver_signed(body, bad), 401) << bad;
  EXPECT_EQ(deliver_signed(body, signature(body)), 200);
}

TEST_F(LineWebhook, Deliver_400_WhatIsNoWebhook) {
  for (const auto* body : {"", "{", "[]", "{}", R"({"events":1})"})
    EXPECT_EQ(deliver_signed(body, signature(body)), 400) << body;
}

TEST_F(LineWebhook, Deliver_404_WhileNothingIsConfigured) {
  configure({});
  EXPECT_EQ(deliver(""), 404);
}

TEST_F(LineWebhook, Deliver_503_WithoutADatabase_SoThatLineComesAgain) {
  lose_database();
  EXPECT_EQ(deliver(event("devtoken list")), 503);
}

TEST_F(LineWebhook, AnEventIsHandledOnce) {
  const auto once = event("devtoken list");
  deliver(once);
  deliver(once);
  deliver(once + "," + once);
  EXPECT_EQ(replies(), "1");
}

// Also when its id has been forgotten: the body and its signature are as good as on the first day.
TEST_F(LineWebhook, AnOldBodySentAgainDoesNothing) {
  const auto once = event("devtoken list");
  deliver(once);
  later(std::chrono::hours(24 * 7 + 1));
  clean_up();
  EXPECT_EQ(deliver(once), 200);
  EXPECT_EQ(replies(), "1");
}

TEST_F(LineWebhook, AsLongAsAnEventIsTakenItsIdIsRemembered) {
  const auto once = event("devtoken list");
  const auto late = event("devtoken list");
  deliver(once);
  later(std::chrono::hours(24 * 7 - 1));
  clean_up();
  deliver(once);
  EXPECT_EQ(replies(), "1");
  deliver(late);
  EXPECT_EQ(replies(), "2");
}

TEST_F(LineWebhook, AnEventThatDoesNotSayWhenItHappenedIsIgnored) {
  auto timeless = event("devtoken list");
  timeless.replace(timeless.find("timestamp"), 9, "otherwise");
  EXPECT_EQ(deliver(timeless), 200);
  EXPECT_EQ(replies(), "0");
}

TEST_F(LineWebhook, OthersAreIgnored) {
  EXPECT_EQ(deliver(event("devtoken list", "Ustranger")), 200);
  EXPECT_EQ(deliver(event("hello")), 200);
  EXPECT_EQ(replies(), "0");
}

TEST_F(LineWebhook, WhatIsNoTextOfAPersonIsIgnored) {
  EXPECT_EQ(
      deliver(
          R"({"type":"follow","webhookEventId":"f1","replyToken":"r","source":{"type":"user","userId":"Uadmin"}},)"
          R"(5,null,{},{"type":"message","message":5,"source":[]},{"type":"message","mode":"standby",)"
          R"("webhookEventId":"s1","replyToken":"r","source":{"type":"user","userId":"Uadmin"},)"
          R"("message":{"type":"text","text":"devtoken list"}})"),
      200);
  EXPECT_EQ(replies(), "0");
}

TEST_F(LineWebhook, InAGroupNoTokenIsMade) {
  const std::string count = "SELECT count(*) AS value FROM dev_tokens";
  const auto before = support::raw_text(owner, count);
  EXPECT_EQ(deliver(event("devtoken create x", "Uadmin", "group")), 200);
  EXPECT_EQ(support::raw_text(owner, count), before);
  EXPECT_EQ(replies(), "1");
}

TEST_F(LineWebhook, AThousandEventsAreEachHandledOnce) {
  std::string events;
  for (int i = 0; i < 1000; ++i) events += (i == 0 ? "" : ",") + event("devtoken");
  EXPECT_EQ(deliver(events), 200);
  EXPECT_EQ(replies(), "1000");
}

}  // namespace
}  // namespace gatehouse::handlers
