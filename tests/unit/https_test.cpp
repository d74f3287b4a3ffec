// The outgoing client against a real server: what it brings back, and where it does not go.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>

#include <cstring>

#include "base/url.h"
#include "outbound/address.h"
#include "outbound/curl_https.h"
#include "tests/support/https_server.h"

namespace gatehouse::outbound {
namespace {

using std::chrono::milliseconds;
using support::HttpsServer;
using support::ServerAnswer;
using support::ServerRequest;

ServerAnswer fine(const ServerRequest&) { return {200, R"({"a":1})"}; }

// A text for all, and a server without TLS. (Written out: g++ 12 breaks down over some of the braces.)
HttpsServer::Handle saying(const std::string& text) {
  return [text](const ServerRequest&) {
    ServerAnswer answer;
    answer.body = text;
    return answer;
  };
}
Answer post_to(CurlHttps& https, const std::string& url) {
  Call call;
  call.url = url;
  return exchange(https, call);
}

Answer post(const HttpsServer& server, const std::string& url, milliseconds deadline = milliseconds(5000)) {
  CurlHttps https(server.url("").starts_with("https") ? server.ca_file() : "");
  return exchange(https, {"POST", url, {{"Content-Type", "text/x"}}, "hello", deadline});
}
Answer post(const HttpsServer& server) { return post(server, server.url("/a?b=c")); }

TEST(RetryAfter, MayBeADateByTheClockOfWhoeverSaysIt) {
  const auto said = [](const std::string& text, const std::string& date) {
    Answer answer;
    answer.headers = {{"retry-after", text}, {"date", date}};
    return answer.retry_after();
  };
  const std::string now = "Sat, 21 Nov 2026 20:00:00 GMT";
  for (const auto* form :
       {"Sat, 21 Nov 2026 20:02:00 GMT", "Saturday, 21-Nov-26 20:02:00 GMT", "Sat Nov 21 20:02:00 2026"}) {
    EXPECT_EQ(said(form, now), std::chrono::seconds(120)) << form;
  }
  EXPECT_EQ(said("Sat, 21 Nov 2026 19:00:00 GMT", now), std::chrono::seconds(0));
  for (const auto* nonsense : {"soon", "-1", "12:00 apples", "", "1.5"})
    EXPECT_EQ(said(nonsense, now), std::nullopt) << nonsense;
  // No Date: by our own clock.
  EXPECT_GT(said("Fri, 21 Nov 2087 20:00:00 GMT", "").value(), std::chrono::hours(24));
}

TEST(Https, BringsStatusHeadersAndBody) {
  HttpsServer server([](const auto&) { return ServerAnswer{418, "tea", {{"Retry-After", "7"}}}; });
  const auto answer = post(server);
  EXPECT_TRUE(answer.ok()) << answer.why;
  EXPECT_EQ(answer.status, 418);
  EXPECT_EQ(answer.body, "tea");
  EXPECT_EQ(answer.retry_after(), std::chrono::seconds(7));
  ASSERT_EQ(server.count(), 1);
  EXPECT_EQ(server.seen()[0].target, "/a?b=c");
  EXPECT_EQ(server.seen()[0].body, "hello");
  EXPECT_EQ(server.seen()[0].headers.at("content-type"), "text/x");
}

TEST(Https, RefusesACertificateOfAnUnknownAuthority) {
  HttpsServer server(fine);
  CurlHttps https("");
  EXPECT_EQ(post_to(https, server.url("/")).failure, Failure::untrusted);
  EXPECT_EQ(server.count(), 0);
}

TEST(Https, RefusesACertificateForAnotherName) {
  HttpsServer server(fine);
  EXPECT_EQ(post(server, server.url("/", "127.0.0.2")).failure, Failure::unreachable);  // nobody there
  EXPECT_TRUE(post(server, server.url("/", "localhost")).ok());
}

TEST(Https, DoesNotFollowARedirect) {
  HttpsServer elsewhere(fine);
  HttpsServer server([&](const auto&) { return ServerAnswer{307, "", {{"Location", elsewhere.url("/")}}}; });
  EXPECT_EQ(post(server).status, 307);
  EXPECT_EQ(elsewhere.count(), 0);
}

TEST(Https, PlainHttpIsForLoopbackOnly) {
  HttpsServer server(fine, HttpsServer::plain_on());
  EXPECT_TRUE(post(server).ok());
  EXPECT_EQ(post(server, "http://example.com/").failure, Failure::forbidden);
}

TEST(Https, APrivateAddressIsRefusedWhateverItsName) {
  HttpsServer server(fine);
  for (const auto* host : {"10.0.0.1", "192.168.1.1", "169.254.169.254", "[fd00::1]", "0.0.0.0",
                           "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"}) {
    const auto answer =
        post(server, "https://" + std::string(host) + ":" + std::to_string(server.port()) + "/");
    EXPECT_EQ(answer.failure, Failure::forbidden) << host << " " << answer.why;
  }
  EXPECT_EQ(server.count(), 0);
}

TEST(Https, ABodyOf64KiBIsTakenAndNoLargerOne) {
  for (const int more : {0, 1}) {
    HttpsServer server(saying(std::string(kLargestAnswer + static_cast<std::size_t>(more), 'x')));
    EXPECT_EQ(post(server).failure, more == 0 ? Failure::none : Failure::too_large);
  }
}

TEST(Https, HalfAnAnswerIsBrokenAndKept) {
  HttpsServer server([](const auto&) {
    ServerAnswer answer{200, "0123456789"};
    answer.by_half = true;
    return answer;
  });
  const auto answer = post(server);
  EXPECT_EQ(answer.failure, Failure::broken);
  EXPECT_EQ(answer.body, "01234");
}

TEST(Https, NoAnswerIsBrokenAndTooLateIsATimeout) {
  HttpsServer silent([](const auto&) {
    ServerAnswer answer;
    answer.hang_up = true;
    return answer;
  });
  EXPECT_EQ(post(silent).failure, Failure::broken);
  HttpsServer slow([](const auto&) {
    ServerAnswer answer;
    answer.delay = milliseconds(3000);
    return answer;
  });
  EXPECT_EQ(post(slow, slow.url("/"), milliseconds(100)).failure, Failure::timeout);
}

TEST(Https, NobodyThereIsUnreachable) {
  std::string url;
  std::string ca;
  {
    HttpsServer gone(fine, HttpsServer::plain_on());
    url = gone.url("/");
  }
  CurlHttps https("");
  EXPECT_EQ(post_to(https, url).failure, Failure::unreachable);
}

TEST(Https, ManyCallsRunSideBySide) {
  HttpsServer server([](const auto&) {
    ServerAnswer answer{200, "x"};
    answer.delay = milliseconds(300);
    return answer;
  });
  CurlHttps https(server.ca_file());
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 10; ++i) https.start({"POST", server.url("/")});
  for (int i = 0; i < 10; ++i) {
    const auto ticket = https.wait_any(milliseconds(5000));
    ASSERT_TRUE(ticket);
    EXPECT_TRUE(https.wait(*ticket, milliseconds(0))->ok());
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(2000));
}

Reach reach(const char* text) {
  sockaddr_storage storage{};
  auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
  if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
  } else {
    EXPECT_EQ(inet_pton(AF_INET6, text, &v6->sin6_addr), 1) << text;
    v6->sin6_family = AF_INET6;
  }
  return reach_of(reinterpret_cast<const sockaddr&>(storage));
}

TEST(Address, TellsTheOpenInternetFromTheRest) {
  for (const auto* text : {"1.1.1.1", "172.15.0.1", "172.32.0.1", "100.63.0.1", "2606:4700::1"}) {
    EXPECT_EQ(reach(text), Reach::open_internet) << text;
  }
  for (const auto* text : {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"}) {
    EXPECT_EQ(reach(text), Reach::loopback) << text;
  }
  for (const auto* text : {"0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.0.1", "100.64.0.1",
                           "169.254.169.254", "224.0.0.1", "255.255.255.255", "::", "fd00::1", "fe80::1",
                           "ff02::1", "64:ff9b::a00:1", "::ffff:10.0.0.1", "2002:7f00:1::", "2001:0:1::1"}) {
    EXPECT_EQ(reach(text), Reach::elsewhere) << text;
  }
}

TEST(Url, IsSplit) {
  const auto url = parse_url("https://Auth.Example.com:8443/a/b?c").value();
  EXPECT_EQ(url.host, "auth.example.com");
  EXPECT_EQ(url.port, 8443);
  EXPECT_EQ(url.path, "/a/b?c");
  EXPECT_EQ(url.origin(), "https://auth.example.com:8443");
  EXPECT_EQ(parse_url("http://[::1]:80")->origin(), "http://[::1]");
  EXPECT_FALSE(url.names_loopback());
  for (const auto* text : {"http://127.0.0.1", "http://localhost:1/x", "https://[::1]/"}) {
    EXPECT_TRUE(parse_url(text)->names_loopback()) << text;
  }
}

TEST(Url, RefusesWhatIsNone) {
  for (const auto* text :
       {"", "https://", "ftp://a/", "//a/", "https://a b/", "https://u:p@a/", "https://a/#f", "https://a:0/",
        "https://a:99999/", "https://a:/", "https://[::1/", "https://[x]/", "https://a\n/"}) {
    EXPECT_FALSE(parse_url(text)) << text;
  }
}

}  // namespace
}  // namespace gatehouse::outbound
