// What goes to the log when requests carry secrets: one line each, and no secret in any.
#include <gmock/gmock.h>

#include "base/base64.h"
#include "base/log.h"
#include "tests/handlers/route_bodies.h"

namespace gatehouse::handlers {
namespace {

using testing::HasSubstr;
using testing::Not;

class Logs : public support::ApiTest {
 protected:
  template <class Action>
  std::string logged(Action action) {
    testing::internal::CaptureStderr();
    log::start("test", "");
    action();
    return testing::internal::GetCapturedStderr();
  }

  const support::ServiceClient client = new_client({"auth:token", "auth:validate"});
};

TEST_F(Logs, ARequestIsOneLineWithItsRouteStatusAndCaller) {
  const std::string text = logged([&] { as(client).post("/token/generate", "user_id=42"); });
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);  // the first one says that the program started
  EXPECT_THAT(text,
              HasSubstr(R"("request_id":"req-1","method":"POST","route":"/token/generate","status":200)"));
  EXPECT_THAT(text, HasSubstr(R"("caller":")" + client.id.str() + '"'));
  EXPECT_THAT(text, HasSubstr(R"("client":"192.0.2.7")"));
}

TEST_F(Logs, AFailureSaysWhyToTheLogAndNotToTheCaller) {
  const auto first = generate(client);
  refresh(refresh(first.refresh_token).refresh_token);
  support::Answer answer;
  const std::string text =
      logged([&] { answer = anyone().post("/token/refresh", "refresh_token=" + first.refresh_token); });
  EXPECT_THAT(text, HasSubstr("refresh token reuse, family " + family_of(first)));
  EXPECT_THAT(answer.body, Not(HasSubstr("reuse")));
}

TEST_F(Logs, NoSecretIsInThem) {
  const auto pair = generate(client);
  const auto other = generate(client);
  const std::string token = service_token(client);
  support::Answer made;
  const std::string text = logged([&] {
    made = anyone().post("/v1/internal/services/register", R"({"service_name":"a"})");
    for (const auto& secret :
         {pair.access_token, pair.refresh_token, token, client.secret, other.refresh_token}) {
      for (const auto& route : route_bodies()) {
        support::Members members = route.required;
        for (auto& [name, value] : members) value = '"' + secret + '"';
        const std::string body = route.takes_json ? support::json_of(members) : support::form_of(members);
        as(client).post(route.pattern, body, route.type());
        with_bearer(secret).post(route.pattern, body, route.type());
        with_bearer(secret).post(std::string(route.pattern) + "?access_token=" + secret, body, "text/plain");
        with_bearer(secret).send("GET", "/" + secret);
      }
    }
  });
  for (const auto& secret :
       {pair.access_token, pair.refresh_token, token, client.secret, other.refresh_token,
        base64_encode(client.id.str() + ":" + client.secret), made.text("client_secret")}) {
    EXPECT_THAT(text, Not(HasSubstr(secret)));
  }
  EXPECT_GT(std::count(text.begin(), text.end(), '\n'), 100);
}

}  // namespace
}  // namespace gatehouse::handlers
