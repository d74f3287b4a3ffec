// What is told to others: sent at once, again where that makes sense, never after its deadline.
#include "flows/outbox.h"

#include <gmock/gmock.h>

#include <atomic>

#include "outbound/curl_https.h"
#include "tests/support/flow_test.h"
#include "tests/support/https_server.h"

namespace gatehouse::flows {
namespace {

using std::chrono::milliseconds;
using support::HttpsServer;
using support::ServerAnswer;

class OutboxTest : public support::FlowTest {
 protected:
  OutboxTest() { support::raw(owner, "DELETE FROM outbox"); }

  ServerAnswer answer() const {
    ServerAnswer said;
    said.status = status;
    said.hang_up = hangs_up;
    said.delay = delay;
    return said;
  }
  void put(const std::string& body, Seconds lives = Seconds(50), const std::string& kind = "test") {
    db::outbox::insert(worker, outbox_message(seal, kind, body, lives, time()));
  }
  void run() {
    do {
      outbox.round(worker, time(), milliseconds(2000));
    } while (outbox.is_busy());
  }
  std::string left() { return support::raw_text(owner, "SELECT count(*) AS value FROM outbox"); }

  std::atomic<int> status = 200;
  std::atomic<bool> hangs_up = false;
  milliseconds delay{0};
  HttpsServer server{[this](const auto&) { return answer(); }, HttpsServer::plain_on()};
  outbound::CurlHttps https{""};
  Outbox outbox{https, seal, {{"test", [this](const std::string& body) {
                                 outbound::Call call;
                                 call.url = server.url("/told");
                                 call.body = body;
                                 return call;
                               }}}};
};

TEST_F(OutboxTest, AMessageIsSentOnce) {
  put("hello");
  run();
  run();
  ASSERT_EQ(server.count(), 1);
  EXPECT_EQ(server.seen().front().body, "hello");
  EXPECT_EQ(left(), "0");
}

TEST_F(OutboxTest, ManyAreSentSideBySide) {
  delay = milliseconds(300);
  for (int i = 0; i < 10; ++i) put(std::to_string(i));
  const auto start = std::chrono::steady_clock::now();
  run();
  EXPECT_EQ(server.count(), 10);
  EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(2500));
}

TEST_F(OutboxTest, AFailureIsTriedAgainLater) {
  status = 503;
  put("hello");
  run();
  run();
  EXPECT_EQ(server.count(), 1);
  status = 200;
  later(Seconds(1));
  run();
  EXPECT_EQ(server.count(), 2);
  EXPECT_EQ(left(), "0");
}

TEST_F(OutboxTest, NoAnswerIsAFailure) {
  hangs_up = true;
  put("hello");
  run();
  EXPECT_EQ(left(), "1");
}

TEST_F(OutboxTest, ARefusalIsFinal) {
  for (const int refusal : {400, 410, 413, 422}) {
    status = refusal;
    put("hello");
    run();
    EXPECT_EQ(left(), "0") << refusal;
  }
}

// A receiver that is being set up.
TEST_F(OutboxTest, WhatMayBeMendedIsTriedAgainUntilTheDeadline) {
  for (const int passing : {302, 308, 401, 403, 404, 429, 500}) {
    status = passing;
    const int before = server.count();
    put("hello", Seconds(5));
    for (int i = 0; i < 7; ++i) {
      run();
      EXPECT_EQ(left(), i < 3 ? "1" : "0") << passing << " after " << i;
      later(Seconds(1));
    }
    EXPECT_EQ(server.count() - before, 3) << passing;  // at once, after 1 and after 2 more seconds
  }
}

TEST_F(OutboxTest, NothingIsSentAfterItsDeadline) {
  put("hello", Seconds(5));
  later(Seconds(5));
  run();
  EXPECT_EQ(server.count(), 0);
  EXPECT_EQ(left(), "0");
}

// Of two hosts one may be without its settings.
TEST_F(OutboxTest, AKindWithoutAnEndpointIsLeftForOthers) {
  put("hello", Seconds(50), "unknown");
  run();
  EXPECT_EQ(left(), "1");
  Outbox idle(https, seal, {});
  idle.round(worker, time(), milliseconds(0));
  EXPECT_EQ(left(), "1");
}

TEST_F(OutboxTest, WhatAnotherKeeperHasTakenIsItsOwnForAWhile) {
  put("hello");
  EXPECT_EQ(db::outbox::take_due(worker, {"test"}, time(), time() + Seconds(15), 10).size(), 1U);
  run();
  EXPECT_EQ(server.count(), 0);
  later(Seconds(15));
  run();
  EXPECT_EQ(server.count(), 1);
}

TEST_F(OutboxTest, BodiesLieSealed) {
  put("a secret of somebody");
  EXPECT_EQ(support::raw_text(
                owner, "SELECT count(*) AS value FROM outbox WHERE position('secret'::bytea IN sealed) > 0"),
            "0");
}

}  // namespace
}  // namespace gatehouse::flows
