#include "tests/support/stack.h"

#include <algorithm>
#include <stdexcept>
#include <thread>

#include "tests/support/raw_socket.h"
#include "tests/support/secrets.h"

namespace gatehouse::support {

namespace {

void require(const HttpAnswer& answer, int status, const char* what) {
  if (answer.status == status) return;
  throw std::runtime_error(std::string(what) + ": " + std::to_string(answer.status) + " " + answer.failure +
                           answer.body);
}

// From twice as many connections as a pool has workers, so that none of them is idle.
std::vector<std::optional<FastcgiAnswer>> ask_pool(const Instance& instance, std::string_view pool,
                                                   const FastcgiParameters& parameters,
                                                   const std::string& body) {
  constexpr std::size_t kThreads = 16;
  constexpr std::size_t kEach = 4;
  std::vector<std::optional<FastcgiAnswer>> answers(kThreads * kEach);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      for (std::size_t j = 0; j < kEach; ++j)
        answers[i * kEach + j] = fastcgi_call(instance.socket(pool), parameters, body);
    });
  }
  for (auto& thread : threads) thread.join();
  return answers;
}

std::string verify_body(const std::string& access_token) { return R"({"token":")" + access_token + R"("})"; }

}  // namespace

Stack::Stack() {
  if (!soon([&] { return first.is_whole() && every_worker_is_well(first); }))
    throw std::runtime_error("the first instance is not well: " + first.http("/health"));
}

bool Stack::every_worker_is_well(const Instance& instance) {
  if (send({.url = instance.http("/health")}).status != 200) return false;
  const auto is_well = [](const std::optional<FastcgiAnswer>& answer) {
    return answer && answer->status == 200;
  };
  for (const auto* pool : kPools) {
    const auto answers = ask_pool(instance, pool, fastcgi_parameters("GET", "/health"), {});
    if (!std::all_of(answers.begin(), answers.end(), is_well)) return false;
  }
  return true;
}

ServiceClient Stack::new_client_of(const Instance& instance, const std::vector<std::string>& scopes) {
  const auto made =
      send(json_call(instance.http("/v1/internal/services/register"), R"({"service_name":"e2e"})"));
  require(made, 201, "register");
  const ServiceClient client{made.text("client_id"), made.text("client_secret")};
  for (const auto& scope : scopes) {
    const auto granted = instance.gatehouse({"service", "grant-scope", client.id, scope});
    if (!granted.ok()) throw std::runtime_error("grant-scope: " + granted.output);
  }
  return client;
}

Pair Stack::new_pair_of(const Instance& instance, const ServiceClient& client) {
  auto call = form(instance.http("/token/generate"), "user_id=42");
  call.basic = client.basic();
  const auto answer = send(call);
  require(answer, 200, "generate");
  return {answer.text("access_token"), answer.text("refresh_token")};
}

std::string Stack::service_token(const ServiceClient& client) const {
  auto call = form(first.http("/oauth/token"), "grant_type=client_credentials");
  call.basic = client.basic();
  const auto answer = send(call);
  require(answer, 200, "/oauth/token");
  return answer.text("access_token");
}

DevToken Stack::new_dev_token(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), {"devtoken", "create", "--json"});
  const auto made = first.gatehouse(arguments);
  if (!made.ok()) throw std::runtime_error("devtoken create: " + made.output);
  remember_secrets_in(made.output);
  const auto document = json::Document::parse(made.output);
  return {std::string(document.root().find("token_id")->text().value()),
          std::string(document.root().find("token")->text().value())};
}

HttpCall Stack::refresh_call(const std::string& refresh_token) const {
  return form(first.http("/token/refresh"), "refresh_token=" + refresh_token);
}

HttpCall Stack::verify_call_of(const Instance& instance, const std::string& access_token) {
  return json_call(instance.http("/token/verify"), verify_body(access_token));
}

HttpAnswer Stack::revoke_at(const Instance& instance, const ServiceClient& client, const std::string& token) {
  auto call = form(instance.http("/token/revoke"), "token=" + token);
  call.basic = client.basic();
  return send(call);
}

bool Stack::is_valid_at(const Instance& instance, const std::string& access_token) {
  const auto answer = send(verify_call_of(instance, access_token));
  require(answer, 200, "verify");
  return answer.boolean("is_valid").value();
}

int Stack::count_valid_at_pool(const Instance& instance, std::string_view pool,
                               const std::string& access_token) {
  const std::string body = verify_body(access_token);
  const auto answers =
      ask_pool(instance, pool, fastcgi_parameters("POST", "/token/verify", "application/json", body), body);
  int valid = 0;
  for (const auto& answer : answers) {
    if (!answer || answer->status != 200) throw std::runtime_error("not 200 in pool " + std::string(pool));
    if (answer->body.find(R"("is_valid":true)") != std::string::npos) ++valid;
  }
  return valid;
}

bool Stack::soon(const std::function<bool()>& holds, std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience * kSlowness;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

std::vector<Pair> pairs_in(const std::vector<HttpAnswer>& answers) {
  std::vector<Pair> pairs;
  for (const auto& answer : answers) {
    EXPECT_EQ(answer.status, 200) << answer.failure << answer.body;
    if (answer.status == 200) pairs.push_back({answer.text("access_token"), answer.text("refresh_token")});
  }
  return pairs;
}

void expect_error(const HttpAnswer& answer, int status, const std::string& path) {
  SCOPED_TRACE("the answer was " + std::to_string(answer.status) + " " + answer.failure + answer.body);
  ASSERT_EQ(answer.status, status);
  EXPECT_EQ(answer.header("content-type").value_or(""), "application/json");
  EXPECT_EQ(answer.header("x-request-id").value_or("").size(), 32U);
  EXPECT_EQ(answer.header("x-content-type-options"), "nosniff");
  const auto document = answer.json();
  EXPECT_FALSE(answer.text("error").empty());
  EXPECT_EQ(document.root().find("base").has_value(), path.starts_with("/token/"));
  EXPECT_EQ(document.root().find("error_description").has_value(),
            path.starts_with("/oauth/") || path.starts_with("/api/oauth2/"));
  if (const auto base = document.root().find("base")) {
    EXPECT_EQ(base->find("status_code")->integer(), status);
  }
  const bool comes_again = status == 429 || (status >= 502 && status <= 504);
  EXPECT_EQ(answer.header("retry-after").has_value(), comes_again);
  EXPECT_EQ(answer.header("allow").has_value(), status == 405);
}

HttpAnswer parsed(const std::string& raw_answer) {
  HttpAnswer answer;
  answer.status = raw_status(raw_answer);
  answer.body = raw_body(raw_answer);
  remember_secrets_in(answer.body);
  std::string_view rest = raw_answer;
  for (;;) {
    const auto end = rest.find("\r\n");
    if (end == std::string_view::npos || end == 0) break;
    const std::string line(rest.substr(0, end));
    rest.remove_prefix(end + 2);
    const auto colon = line.find(": ");
    if (colon == std::string::npos) continue;
    std::string name = line.substr(0, colon);
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    answer.headers.emplace_back(std::move(name), line.substr(colon + 2));
  }
  return answer;
}

}  // namespace gatehouse::support
