// The way of a request through dispatch, on a small table of its own: no database, no real credential.
#include "fcgi/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/log.h"

namespace gatehouse::fcgi {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// What the handlers below were told; a handler throws what the test put here.
struct Witness {
  std::string seen;
  int authenticated = 0;
  std::function<Response()> next;
};

Response show(const Request& request, Witness& witness) {
  witness.seen = std::string(request.route_pattern);
  for (const auto& [name, value] : request.path_parameters) witness.seen += ' ' + value;
  return witness.next ? witness.next() : json(200, json::Object().add("ok", true));
}

constexpr Route<Witness> kRows[] = {
    {Method::get, "/", Who::open, "", Pool::fast, show},
    {Method::get, "/users/me", Who::user, "", Pool::fast, show},
    {Method::get, "/users/{id}", Who::open, "", Pool::fast, show},
    {Method::del, "/users/{id}", Who::tenant_secret, "", Pool::fast, show},
    {Method::get, "/users/{id}/logs/{day}", Who::open, "", Pool::fast, show},
    {Method::post, "/token", Who::open, "", Pool::fast, show},
    {Method::post, "/make", Who::client | Who::service, "auth:token", Pool::fast, show},
};
static_assert(table_is_sound(kRows));

void authenticate(Request& request, const Route<Witness>& row, Witness& witness) {
  ++witness.authenticated;
  if (request.authorization.empty()) throw Error(Errc::invalid_token);
  if (request.authorization == "Bearer no-scope") throw Error(Errc::insufficient_scope);
  if (request.authorization == "Basic bad") throw Error(Errc::invalid_client);
  request.caller.kind = row.who;
  request.caller.subject = "svc_caller";
}

Response render(const Error& error, const Request&) {
  return json(error.row().status, json::Object().add("error", error.text()).add("message", error.message()));
}

class Router : public testing::Test {
 protected:
  Response send(Request request) {
    const App<Witness> app{kRows, witness, authenticate, render};
    return dispatch(app, std::move(request));
  }
  Response send(std::string_view method, std::string_view target, std::string_view authorization = {}) {
    Request request;
    request.method = parse_method(method);
    request.head = method == "HEAD";
    request.path = target.substr(0, target.find('?'));
    if (request.path.size() < target.size()) request.query = target.substr(request.path.size() + 1);
    request.authorization = authorization;
    return send(std::move(request));
  }
  Response get(std::string_view target) { return send("GET", target); }
  // What the log line of this request says.
  std::string log_of(std::string_view method, std::string_view target, std::string_view authorization = {}) {
    testing::internal::CaptureStderr();
    log::start("test", "");
    send(method, target, authorization);
    return testing::internal::GetCapturedStderr();
  }
  // The value of a header that must be there at most once.
  static std::string header(const Response& response, std::string_view wanted) {
    std::string found;
    for (const auto& [name, value] : response.headers) {
      if (name != wanted) continue;
      EXPECT_EQ(found, "") << wanted << " is there twice";
      found = value;
    }
    return found;
  }

  Witness witness;
};

TEST_F(Router, CallsTheHandlerOfTheRow) {
  EXPECT_EQ(get("/users/7/logs/today").status, 200);
  EXPECT_EQ(witness.seen, "/users/{id}/logs/{day} 7 today");
}

TEST_F(Router, ServesTheRoot) {
  EXPECT_EQ(get("/").status, 200);
  EXPECT_EQ(witness.seen, "/");
}

TEST_F(Router, PrefersTheLiteralSegment) {
  send("GET", "/users/me", "Bearer good");
  EXPECT_EQ(witness.seen, "/users/me");
}

TEST_F(Router, DecodesOnlyWhatAParameterStandsFor) {
  EXPECT_EQ(get("/users/a%40b%20c+d%C3%A4").status, 200);
  EXPECT_EQ(witness.seen, "/users/{id} a@b c+dä");
  EXPECT_EQ(get("/user%73/7").status, 404);
  EXPECT_EQ(get("/users/%6De").status, 200);
  EXPECT_EQ(witness.seen, "/users/{id} me");
}

TEST_F(Router, Answers404WhereAParameterCannotBeASegment) {
  for (const auto* id :
       {"%2F", "a%2fb", "%00", "a%0A", "%7F", "%FF", "%C0%AF", "%", "%4", "%zz", ".", "..", "%2e%2E"}) {
    EXPECT_EQ(get(std::string("/users/") + id).status, 404) << id;
  }
}

TEST_F(Router, Answers404ForUnknownPaths) {
  for (const auto* path : {"/nothing", "/users", "/users/", "/users/7/", "//users/7", "/users//7",
                           "/users/7/logs", "/users/7/logs/", "/USERS/7", "/users/../token", "//"}) {
    const auto response = get(path);
    EXPECT_EQ(response.status, 404) << path;
    EXPECT_THAT(response.body, HasSubstr("Not found"));
  }
}

TEST_F(Router, Answers400ForWhatIsNoPath) {
  using namespace std::string_view_literals;
  for (const auto path :
       {""sv, "users/7"sv, "*"sv, "http://x/users/7"sv, "/a\nb"sv, "/a\0b"sv, "/\x7f"sv, "/\xff"sv}) {
    EXPECT_EQ(get(path).status, 400) << path;
  }
}

TEST_F(Router, Answers404ForPathsLongerThanAnyRoute) {
  const std::string id(2048 - std::string_view("/users/").size(), 'x');
  EXPECT_EQ(get("/users/" + id).status, 200);
  EXPECT_EQ(get("/users/" + id + 'x').status, 404);
}

TEST_F(Router, Answers405WithAllowForAnotherMethod) {
  const auto response = send("PUT", "/users/7");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(header(response, "Allow"), "GET, HEAD, DELETE, OPTIONS");
  EXPECT_EQ(header(send("GET", "/token"), "Allow"), "POST, OPTIONS");
  EXPECT_EQ(send("TRACE", "/token").status, 405);
  EXPECT_EQ(send("get", "/users/7").status, 405);
}

TEST_F(Router, AnswersOptionsWithAllow) {
  const auto response = send("OPTIONS", "/users/7");
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(header(response, "Allow"), "GET, HEAD, DELETE, OPTIONS");
  EXPECT_THAT(response.body, IsEmpty());
  EXPECT_EQ(send("OPTIONS", "/nothing").status, 404);
}

TEST_F(Router, AnswersHeadAsGetWithoutTheBody) {
  const auto response = send("HEAD", "/users/7");
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.body, IsEmpty());
  EXPECT_EQ(header(response, "Content-Length"), std::to_string(get("/users/7").body.size()));
  EXPECT_EQ(send("HEAD", "/token").status, 405);
}

TEST_F(Router, RefusesCredentialsInTheQueryAndNamesThem) {
  for (const auto* name : {"access_token", "client_secret", "token", "refresh_token", "password", "api_key",
                           "client_assertion"}) {
    const auto response = get(std::string("/users/7?a=1&") + name + "=sesame");
    EXPECT_EQ(response.status, 400);
    EXPECT_THAT(response.body, HasSubstr(std::string("\"error\":\"\\\"") + name + "\\\" must not"));
    EXPECT_THAT(response.body, Not(HasSubstr("sesame")));
  }
}

TEST_F(Router, RefusesAnEncodedNameOfACredentialInTheQuery) {
  EXPECT_EQ(get("/users/7?acc%65ss_t%6Fken=x").status, 400);
  EXPECT_EQ(get("/users/7?x=1&token").status, 400);
  EXPECT_EQ(get("/nothing?token=x").status, 400);
}

TEST_F(Router, TakesOtherQueries) {
  for (const auto* query : {"", "tenant_id=token", "tokens=1", "a=%zz", "%zz=1", "&&", "=token"}) {
    EXPECT_EQ(get(std::string("/users/7?") + query).status, 200) << query;
  }
}

TEST_F(Router, Answers413OnlyWhereABodyCounts) {
  Request request;
  request.body_too_large = true;
  request.path = "/users/7";
  EXPECT_EQ(send(request).status, 200);
  request.path = "/token";
  EXPECT_EQ(send(request).status, 405);
  request.method = Method::post;
  EXPECT_EQ(send(request).status, 413);
}

TEST_F(Router, DoesNotAuthenticateOpenRoutes) {
  EXPECT_EQ(send("GET", "/users/7", "Bearer nonsense").status, 200);
  EXPECT_EQ(witness.authenticated, 0);
}

TEST_F(Router, AuthenticatesBeforeTheHandler) {
  EXPECT_EQ(send("POST", "/make").status, 401);
  EXPECT_EQ(witness.seen, "");
  EXPECT_EQ(send("POST", "/make", "Bearer good").status, 200);
  EXPECT_EQ(witness.authenticated, 2);
}

TEST_F(Router, RefusesTwoAuthorizationHeadersWhereOneCounts) {
  Request request;
  request.authorization = "Bearer good";
  request.authorization_repeated = true;
  request.path = "/users/me";
  EXPECT_EQ(send(request).status, 400);
  request.path = "/users/7";
  EXPECT_EQ(send(request).status, 200);
}

TEST_F(Router, ChallengesWithoutAnErrorCodeWhereNoCredentialCame) {
  EXPECT_EQ(header(send("GET", "/users/me"), "WWW-Authenticate"), R"(Bearer realm="gatehouse")");
}

TEST_F(Router, ChallengesWithInvalidTokenWhereOneCame) {
  witness.next = []() -> Response { throw Error(Errc::invalid_token); };
  EXPECT_EQ(header(send("GET", "/users/me", "Bearer expired"), "WWW-Authenticate"),
            R"(Bearer realm="gatehouse", error="invalid_token")");
}

TEST_F(Router, ChallengesABadClientWithBasic) {
  const auto response = send("POST", "/make", "Basic bad");
  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(header(response, "WWW-Authenticate"), R"(Basic realm="gatehouse", charset="UTF-8")");
}

TEST_F(Router, SaysWhichScopeIsMissing) {
  const auto response = send("POST", "/make", "Bearer no-scope");
  EXPECT_EQ(response.status, 403);
  EXPECT_EQ(header(response, "WWW-Authenticate"),
            R"(Bearer realm="gatehouse", error="insufficient_scope", scope="auth:token")");
}

TEST_F(Router, SaysWhenToComeAgain) {
  witness.next = []() -> Response { throw Error(Errc::unavailable); };
  EXPECT_EQ(header(get("/"), "Retry-After"), "1");
  witness.next = []() -> Response { throw Error(Errc::too_many_requests).with_retry_after(30); };
  EXPECT_EQ(header(get("/"), "Retry-After"), "30");
  witness.next = []() -> Response { throw Error(Errc::conflict); };
  EXPECT_EQ(header(get("/"), "Retry-After"), "");
}

TEST_F(Router, ShowsNothingOfAForeignException) {
  witness.next = []() -> Response { throw std::runtime_error("sesame at /etc/passwd"); };
  const auto response = get("/");
  EXPECT_EQ(response.status, 500);
  EXPECT_THAT(response.body, HasSubstr("Internal server error"));
  EXPECT_THAT(response.body, Not(HasSubstr("sesame")));
}

TEST_F(Router, LetsNobodyStoreAnAnswerUnlessTheHandlerSaysOtherwise) {
  EXPECT_EQ(header(get("/"), "Cache-Control"), "no-store");
  EXPECT_EQ(header(get("/nothing"), "Cache-Control"), "no-store");
  witness.next = [] {
    auto response = json(200, {});
    response.headers.emplace_back("cache-control", "max-age=60");
    return response;
  };
  EXPECT_EQ(header(get("/"), "cache-control"), "max-age=60");
  EXPECT_EQ(header(get("/"), "Cache-Control"), "");
}

TEST_F(Router, AddsNothingToAHandOver) {
  witness.next = [] {
    Response response;
    response.headers.emplace_back("X-Accel-Redirect", "@outbound");
    return response;
  };
  EXPECT_EQ(header(get("/"), "Cache-Control"), "");
}

// Two lines for one request, the first with a status that nobody got, would make every count wrong.
TEST_F(Router, LeavesTheLineOfAHandOverToWhoAnswers) {
  EXPECT_THAT(log_of("GET", "/"), HasSubstr(R"("status":200)"));
  witness.next = [] {
    auto response = json(200, {});
    response.headers.emplace_back("X-Accel-Redirect", "@outbound");
    return response;
  };
  EXPECT_THAT(log_of("GET", "/"), Not(HasSubstr("status")));
}

TEST_F(Router, Answers500ForAHeaderWithALineBreak) {
  for (const auto* value : {"a\r\nSet-Cookie: x", "a\nb", "a\rb"}) {
    witness.next = [value] {
      auto response = json(200, {});
      response.headers.emplace_back("Location", value);
      return response;
    };
    const auto response = get("/");
    EXPECT_EQ(response.status, 500);
    EXPECT_EQ(header(response, "Location"), "");
  }
}

TEST_F(Router, LogsOneLineWithThePatternAndTheCaller) {
  const auto line = log_of("DELETE", "/users/sesame?x=sesame", "Bearer sesame");
  EXPECT_THAT(line, HasSubstr(R"("method":"DELETE","route":"/users/{id}","status":200)"));
  EXPECT_THAT(line, HasSubstr(R"("caller":"svc_caller")"));
  EXPECT_THAT(line, Not(HasSubstr("sesame")));
}

TEST_F(Router, LogsTheCauseOfAnError) {
  witness.next = []() -> Response { throw Error(Errc::unavailable, {}, "no route to host"); };
  EXPECT_THAT(log_of("GET", "/"),
              HasSubstr(R"("error":"Temporarily unavailable","cause":"no route to host")"));
}

TEST_F(Router, LogsADashForAnUnknownPath) {
  const auto line = log_of("HEAD", "/sesame");
  EXPECT_THAT(line, HasSubstr(R"("method":"HEAD","route":"-","status":404)"));
  EXPECT_THAT(line, Not(HasSubstr("sesame")));
}

TEST(Detached, LogsWhatWasThrown) {
  testing::internal::CaptureStderr();
  log::start("test", "");
  run_detached("tick_failed", [] { throw Error(Errc::unavailable, {}, "no route to host"); });
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("no route to host"));
}

TEST(RequestTest, ReadsTheMediaTypeWithoutItsParameters) {
  Request request;
  request.content_type = " Application/JSON ; charset=utf-8";
  EXPECT_EQ(request.media_type(), "application/json");
  request.content_type = "";
  EXPECT_EQ(request.media_type(), "");
}

TEST(RequestTest, ThrowsForAParameterThatThePatternDoesNotHave) {
  Request request;
  request.path_parameters = {{"id", "7"}};
  EXPECT_EQ(request.path_parameter("id"), "7");
  EXPECT_THROW(request.path_parameter("name"), std::logic_error);
}

TEST(ResponseTest, IsWrittenAsCgi) {
  auto response = no_store(json(201, json::Object().add("a", 1)));
  EXPECT_EQ(to_cgi(response),
            "Status: 201 Created\r\nContent-Type: application/json\r\nContent-Length: 7\r\n"
            "Cache-Control: no-store\r\n\r\n{\"a\":1}");
}

TEST(ResponseTest, HasAReasonPhraseForEveryError) {
  for (const auto& row : kErrors) {
    Response response;
    response.status = row.status;
    EXPECT_THAT(to_cgi(response), Not(HasSubstr("Other"))) << row.status;
  }
}

TEST(ResponseTest, HasNeitherBodyNorTypeWhereThereIsNoContent) {
  Response response;
  response.status = 204;
  response.body = "{}";
  EXPECT_EQ(to_cgi(response), "Status: 204 No Content\r\n\r\n");
}

}  // namespace
}  // namespace gatehouse::fcgi
