// Coze and LINE through the whole stack, with stand-ins for both where the first instance looks for them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/base64.h"
#include "crypto/digest.h"
#include "tests/support/example.h"
#include "tests/support/line_stand_in.h"
#include "tests/support/providers.h"
#include "tests/support/secrets.h"
#include "tests/support/stack.h"

namespace gatehouse::support {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Mood = CozeStandIn::Mood;

TEST_F(CozeStack, ThirtyTwoAtOnceAskCozeOnce) {
  const std::vector<HttpCall> calls(32, exchange(kids[0], first.coze("/token")));
  const auto answers = send_at_once(calls);
  for (const auto& answer : answers) {
    EXPECT_EQ(answer.status, 200) << answer.body << answer.failure;
    EXPECT_EQ(answer.body, answers.front().body);
  }
  EXPECT_EQ(coze.asked(), 1);
  EXPECT_THAT(coze.complaints(), IsEmpty());
}

TEST_F(CozeStack, TheMainListenersAnswerAsWell) {
  EXPECT_EQ(send(exchange(kids[1], first.http("/token"))).status, 200);
  auto call = exchange(kids[1], first.https("/token"));
  call.ca_file = first.certificate();
  EXPECT_EQ(send(call).status, 200);
  EXPECT_EQ(coze.asked(), 1);
}

TEST_F(CozeStack, TheDocumentsCurlLineWorks) {
  const auto program = example_at("coze_curl.sh", "http://localhost:9000",
                                  "http://localhost:" + first.setting("GATEHOUSE_COZE_PORT"));
  const auto result = run_command(
      {"bash", program},
      {{"PUBLIC_KEY_ID", kids[0]}, {"COZE_API_KEY_TO_SEND", first.setting("EXPECTED_COZE_API_KEY")}});
  EXPECT_TRUE(result.ok()) << result.output;
  EXPECT_THAT(
      result.output,
      ::testing::MatchesRegex(R"(\{"access_token":"czs_[^"]+","expires_in":[0-9]+,"token_type":"Bearer"\})"));
}

TEST_F(CozeStack, ACozeThatHangsIsNotNoticedByTheFastPool) {
  coze.be(Mood::slow);
  std::vector<HttpCall> calls;
  for (const auto& kid : kids) calls.push_back(exchange(kid, first.coze("/token")));
  std::vector<HttpAnswer> answers;
  std::thread others([&] { answers = send_at_once(calls); });
  EXPECT_TRUE(soon([&] { return coze.asked() > 0; }));
  for (int i = 0; i < 10; ++i) {
    const auto health = send({.url = first.http("/health")});
    EXPECT_EQ(health.status, 200);
    EXPECT_LT(health.seconds, 0.5 * kSlowness);
  }
  others.join();
  for (const auto& answer : answers) EXPECT_EQ(answer.status, 200) << answer.body;
}

TEST_F(CozeStack, BadAnswersAre502AndNoAnswerIs500) {
  coze.be(Mood::half);
  EXPECT_EQ(send(exchange(kids[0], first.coze("/token"))).status, 502);
  coze.be(Mood::error);
  EXPECT_EQ(send(exchange(kids[1], first.coze("/token"))).status, 502);
  coze.be(Mood::hung_up);
  EXPECT_EQ(send(exchange(kids[2], first.coze("/token"))).status, 500);
}

class LineStack : public Stack {
 protected:
  HttpAnswer deliver(const std::string& body, const std::string& signature) {
    auto call = json_call(first.http("/line/webhook"), body);
    call.headers.push_back("X-Line-Signature: " + signature);
    return send(call);
  }
  HttpAnswer deliver(const std::string& body) {
    return deliver(body, base64_encode(crypto::hmac_sha256(first.setting("LINE_CHANNEL_SECRET"), body)));
  }
  static std::string event(const std::string& text, const std::string& id) {
    return R"({"type":"message","mode":"active","timestamp":)" +
           std::to_string(unix_seconds(SystemClock().now()) * 1000) + R"(,"replyToken":"reply-)" + id +
           R"(","webhookEventId":")" + id +
           R"(","source":{"type":"user","userId":"Uadmin"},"message":{"type":"text","id":"1","text":")" +
           text + R"("}})";
  }
  static std::string new_id() {
    static int count = 0;
    return std::to_string(std::chrono::steady_clock::now().time_since_epoch().count()) +
           std::to_string(++count);
  }
  static std::string event_in(const std::string& where, const std::string& text, const std::string& id) {
    std::string all = event(text, id);
    const std::string source = R"("type":"user","userId")";
    return all.replace(all.find(source), source.size(), "\"type\":\"" + where + R"(","userId")");
  }
  static std::string body_of(const std::string& events) { return R"({"events":[)" + events + "]}"; }
  // What the chat was shown, when it comes.
  std::string reply_to(const std::string& id) {
    EXPECT_TRUE(soon([&] { return !line.text_for("reply-" + id).empty(); }));
    return line.text_for("reply-" + id);
  }

  LineStandIn line{port_of(first.setting("LINE_API_URL")), first.setting("LINE_CHANNEL_ACCESS_TOKEN")};
};

TEST_F(LineStack, AReplyComesAtOnceAsLineWantsIt) {
  const auto id = new_id();
  EXPECT_EQ(deliver(body_of(event("devtoken list", id))).status, 200);
  EXPECT_THAT(reply_to(id), Not(IsEmpty()));
  EXPECT_THAT(line.complaints(), IsEmpty());
}

TEST_F(LineStack, AnEventThatComesTwiceIsAnsweredOnce) {
  const auto id = new_id();
  const std::string body = body_of(event("devtoken", id));
  for (int i = 0; i < 8; ++i) EXPECT_EQ(deliver(body).status, 200);
  const auto last = new_id();
  EXPECT_EQ(deliver(body_of(event("devtoken", last))).status, 200);
  EXPECT_THAT(reply_to(id), HasSubstr("devtoken create"));
  EXPECT_THAT(reply_to(last), Not(IsEmpty()));
  EXPECT_EQ(line.asked(), 2);
}

TEST_F(LineStack, AnAdministratorMakesShowsAndRevokesATokenInTheLanguageAskedFor) {
  const std::vector<std::string> ids{new_id(), new_id(), new_id(), new_id(), new_id()};
  deliver(body_of(event("devtoken lang en", ids[0])));
  EXPECT_THAT(reply_to(ids[0]), HasSubstr("English"));
  deliver(body_of(event("devtoken create LINE test", ids[1])));
  const std::string created = reply_to(ids[1]);
  const std::string token = created.substr(created.find("Token: ") + 7, 43);
  const std::string token_id = created.substr(created.find("jt_"), 15);
  remember_secret(token);
  HttpCall users;
  users.url = first.http("/api/v1/users");
  users.headers = {"Authorization: Bearer " + token};
  EXPECT_EQ(send(users).status, 200) << created;
  deliver(body_of(event_in("group", "devtoken info " + token_id + " --reveal", ids[2])));
  EXPECT_THAT(reply_to(ids[2]), Not(HasSubstr(token)));
  deliver(body_of(event("devtoken revoke " + token_id, ids[3])));
  EXPECT_THAT(reply_to(ids[3]), HasSubstr(token_id + " was revoked"));
  EXPECT_EQ(send(users).status, 401);
  deliver(body_of(event("devtoken lang ja", ids[4])));
  EXPECT_THAT(reply_to(ids[4]), HasSubstr("日本語"));
  EXPECT_THAT(line.complaints(), IsEmpty());
}

TEST_F(LineStack, TheWebhookAnswersFastThoughLineHangs) {
  line.hang(std::chrono::seconds(3));
  for (int i = 0; i < 5; ++i) {
    const auto answer = deliver(body_of(event("devtoken", new_id())));
    EXPECT_EQ(answer.status, 200);
    EXPECT_LT(answer.seconds, 0.1 * kSlowness);
  }
  EXPECT_TRUE(soon([&] { return line.asked() == 5; }));
}

TEST_F(LineStack, AThousandEventsInOneBodyAreAnsweredAtOnce) {
  std::string events;
  for (int i = 0; i < 1000; ++i) events += (i == 0 ? "" : ",") + event("just talking", new_id());
  EXPECT_GT(events.size(), 65536U);
  const auto answer = deliver(R"({"events":[)" + events + "]}");
  EXPECT_EQ(answer.status, 200);
  EXPECT_LT(answer.seconds, 1.0 * kSlowness);
}

TEST_F(LineStack, MoreThanAMebibyteIsTooMuch) {
  EXPECT_EQ(deliver(std::string(1024 * 1024 + 1, ' ')).status, 413);
  EXPECT_EQ(deliver(R"({"events":[)" + std::string(1024 * 1024 - 13, ' ') + "]}").status, 200);
}

TEST_F(LineStack, AnotherWritingOfTheBodyHasAnotherSignature) {
  const std::string signature =
      base64_encode(crypto::hmac_sha256(first.setting("LINE_CHANNEL_SECRET"), R"({"events": []})"));
  EXPECT_EQ(deliver(R"({"events": []})", signature).status, 200);
  EXPECT_EQ(deliver(R"({"events":[]})", signature).status, 401);
}

}  // namespace
}  // namespace gatehouse::support
