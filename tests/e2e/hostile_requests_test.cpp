// 20 000 requests that no well-behaved client would send: none is answered 5xx but by nginx for what is no
// HTTP, no worker dies of one, and the next good request works.
#include <cstdlib>
#include <map>
#include <mutex>
#include <thread>

#include "handlers/routes.h"
#include "tests/support/hostile.h"
#include "tests/support/raw_socket.h"
#include "tests/support/vault_stack.h"

namespace gatehouse::support {
namespace {

constexpr int kThreads = 8;
constexpr int kRequests = 20'000;

// A provider is there for the records that some of them save.
class HostileClients : public VaultStack {
 protected:
  ~HostileClients() override {
    const auto gone =
        run_command({"psql", "-X", "-q", std::getenv("GATEHOUSE_TEST_DB"), "-c",
                     "DELETE FROM gatehouse.vault_records WHERE saved_at >= '" + begun +
                         "'; DELETE FROM gatehouse.outbox WHERE created_at >= '" + begun + "'"});
    EXPECT_TRUE(gone.ok()) << gone.output;
  }

  std::vector<GoodRequest> good_requests() const {
    const std::string json = "Content-Type: application/json";
    const std::string form_type = "Content-Type: application/x-www-form-urlencoded";
    const std::string bearer = "Authorization: Bearer " + service_token(client);
    const std::string jwt = "Authorization: Bearer " + internal_jwt();
    const std::string third_party =
        R"({"user_id":"hostile","provider":"tesla","access_token":"a","refresh_token":"r",)"
        R"("expires_at":"2099-01-15T10:30:00Z"})";
    const std::string in_body = "client_id=" + client.id + "&client_secret=" + client.secret;
    return {
        {"GET", "/health", {}, ""},
        {"GET", "/.well-known/jwks.json", {}, ""},
        {"POST", "/v1/internal/services/register", {json}, R"({"service_name":"hostile","description":"d"})"},
        {"POST",
         "/v1/internal/services/authenticate",
         {json},
         R"({"client_id":")" + client.id + R"(","client_secret":")" + client.secret + "\"}"},
        {"POST", "/v1/internal/services/validate-token", {json}, R"({"token":")" + victim.access + "\"}"},
        {"POST", "/oauth/token", {form_type}, "grant_type=client_credentials&scope=auth:token&" + in_body},
        {"POST", "/oauth/introspect", {form_type}, "token=" + victim.access + "&" + in_body},
        {"POST", "/oauth/revoke", {form_type}, "token=" + victim.refresh + "x&" + in_body},
        {"POST", "/token/generate", {form_type, bearer}, "user_id=42"},
        {"POST", "/token/generate", {json, bearer}, R"({"user_id":42})"},
        {"POST", "/token/refresh", {form_type}, "refresh_token=" + victim.refresh + "x"},
        {"POST", "/token/refresh", {json}, R"({"refresh_token":")" + std::string(80, 'r') + "\"}"},
        {"POST", "/token/verify", {json}, R"({"token":")" + victim.access + "\"}"},
        {"POST", "/token/verify", {form_type}, "token=" + victim.access},
        {"POST", "/token/revoke", {form_type, bearer}, "token=" + victim.access + "x"},
        {"POST", "/api/v1/tokens", {json}, third_party},
        {"POST", "/api/v1/tokens", {json, jwt}, third_party},
        {"POST",
         "/api/oauth2/v3/token",
         {json},
         R"({"grant_type":"refresh_token","client_id":"ownerapi","refresh_token":")" + handle + "\"}"},
        {"POST", "/api/oauth2/v3/token", {form_type}, "grant_type=refresh_token&refresh_token=" + handle},
    };
  }

  static std::vector<std::string> every_path() {
    std::vector<std::string> paths{"/token",
                                   "/v1/auth/login",
                                   "/line/webhook",
                                   "/api/v1/tokens/me/refresh",
                                   "*",
                                   "http://localhost/token/verify"};
    for (const auto& route : handlers::routes()) paths.emplace_back(route.pattern);
    return paths;
  }

  // What an answer must not be, in words; empty where it is in order.
  static std::string complaint(const std::string& request, const std::string& answer) {
    const int status = raw_status(answer);
    if (status == 501 || status == 505) {
      if (request.starts_with("HEAD ") && raw_body(answer).empty()) return "";
      // nginx's words for what is no HTTP.
      const bool of_nginx = raw_body(answer).find("Not implemented") != std::string::npos ||
                            raw_body(answer).find("HTTP version not supported") != std::string::npos;
      return of_nginx ? "" : "an answer of its own: " + answer;
    }
    if (status >= 500) return answer.substr(0, 500);
    const bool has_body = status >= 400 && !raw_body(answer).empty();
    if (has_body && answer.find("Content-Type: application/json\r\n") == std::string::npos)
      return "no JSON: " + answer;
    return {};
  }

  void attack(std::uint32_t seed, int count) {
    HostileRequests requests(seed, good_requests(), every_path());
    for (int i = 0; i < count; ++i) {
      const std::string bytes = requests.next();
      const std::string answer = raw_exchange(first.http_port(), bytes);
      const std::string wrong = complaint(bytes, answer);
      const std::lock_guard lock(mutex_);
      ++statuses_[raw_status(answer)];
      if (wrong.empty() || ++complaints_ > 5) continue;
      ADD_FAILURE() << "seed " << seed << ", request " << i << ":\n"
                    << bytes.substr(0, 2000) << "\n-->\n"
                    << wrong;
    }
  }

  const ServiceClient client = new_client({"auth:token", "auth:validate"});
  const Pair pair = new_pair(client);
  const Pair victim = new_pair(client);  // a change may well make one of them ask for its end
  const std::string begun = to_rfc3339(SystemClock().now());
  const std::string handle = new_handle(new_user(std::chrono::seconds(86400)));
  std::mutex mutex_;
  std::map<int, int> statuses_;
  int complaints_ = 0;
};

TEST_F(HostileClients, TwentyThousandOfTheirRequestsHarmNobody) {
  const auto before = first.all_workers();
  std::vector<std::thread> threads;
  for (std::uint32_t i = 0; i < kThreads; ++i)
    threads.emplace_back([this, i] { attack(20240115 + i, kRequests / kThreads); });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(complaints_, 0);
  EXPECT_EQ(first.all_workers(), before) << "a worker died";
  EXPECT_TRUE(is_valid(pair.access));
  EXPECT_TRUE(is_valid(new_pair(client).access));
  // They must reach the handlers, not only nginx's own refusals.
  EXPECT_GT(statuses_[200] + statuses_[201] + statuses_[401], kRequests / 10);
  EXPECT_GT(statuses_[400], kRequests / 20);
  EXPECT_LT(statuses_[0], kRequests / 10) << "more than those that break off got no answer";
  for (const auto& [status, count] : statuses_) std::printf("  %d: %d\n", status, count);
}

TEST_F(HostileClients, TheSameToEveryPoolWithoutNginxHarmsNobodyEither) {
  const auto before = first.all_workers();
  HostileRequests requests(7, good_requests(), every_path());
  for (int i = 0; i < 3000; ++i) {
    // Of the made-up request the worker gets pieces as parameters, garbled as they are.
    const std::string bytes = requests.next();
    const auto method = bytes.substr(0, bytes.find(' '));
    const auto target = bytes.substr(bytes.find(' ') + 1, 200);
    const std::string body(raw_body(bytes));
    auto parameters =
        fastcgi_parameters(method, target.substr(0, target.find(" HTTP")), "application/json", body);
    if (i % 3 == 0) parameters.emplace_back("HTTP_AUTHORIZATION", bytes.substr(0, 300));
    const auto* pool = i % 2 == 0 ? "hash" : "outbound";
    const auto answer = fastcgi_call(first.socket(pool), parameters, body);
    ASSERT_LT(answer ? answer->status : 0, 500) << bytes.substr(0, 1000);
  }
  EXPECT_EQ(first.all_workers(), before) << "a worker died";
}

TEST_F(HostileClients, RequestsThatBreakOffHarmNobody) {
  const auto before = first.all_workers();
  const std::string body = "token=" + pair.access;
  const std::string whole =
      "POST /token/verify HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
      "Content-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body;
  for (std::size_t length = 0; length < whole.size(); length += 3) {
    RawSocket socket(first.http_port());
    socket.send(whole.substr(0, length));
  }
  EXPECT_EQ(first.all_workers(), before);
  EXPECT_TRUE(is_valid(pair.access));
}

TEST_F(HostileClients, APipelineOfGoodAndBadRequestsIsAnsweredInOrder) {
  RawSocket socket(first.http_port());
  socket.send(
      "GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
      "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"
      "GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string answers = socket.receive(std::chrono::seconds(3));
  const auto missing = answers.find("HTTP/1.1 404");
  EXPECT_EQ(raw_status(answers), 200);
  ASSERT_NE(missing, std::string::npos);
  EXPECT_NE(answers.find("HTTP/1.1 200", missing), std::string::npos);
}

}  // namespace
}  // namespace gatehouse::support
