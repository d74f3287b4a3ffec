// Which requests become rows of the access log, and what seed 002's routes tell of them.
#include <gmock/gmock.h>

#include "base/json.h"
#include "tests/support/api_test.h"

namespace gatehouse::handlers {
namespace {

using std::chrono::hours;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class AccessLogRoutes : public support::ApiTest {
 protected:
  // As the worker's tick does.
  void flush() { access_log.flush(worker, std::chrono::steady_clock::now() + Seconds(5)); }
  // "GET /path 200" of each row of the client, the oldest first.
  std::vector<std::string> rows() {
    flush();
    std::vector<std::string> result;
    for (const auto& row :
         support::raw(owner,
                      "SELECT method || ' ' || endpoint || ' ' || status_code AS value FROM access_log "
                      "WHERE client_id = '" +
                          client.id.str() + "' ORDER BY id")) {
      result.push_back(row.text("value"));
    }
    return result;
  }
  support::Answer see(const std::string& what) {
    return with_bearer(service_token(admin)).get("/v1/internal/services/" + client.id.str() + what);
  }
  void make_rows(int count) {
    for (int i = 0; i < count; ++i) {
      with_bearer(token).get("/v1/internal/services");
      later(Seconds(1));
    }
    flush();
  }
  static std::vector<std::int64_t> ids(const support::Answer& answer) {
    std::vector<std::int64_t> result;
    const auto document = json::Document::parse(answer.body);
    for (const auto& item : document.root().items())
      result.push_back(item.find("id").value().integer().value());
    return result;
  }
  // What the Link header names.
  static std::string next_of(const support::Answer& answer) {
    const std::string link = answer.header("Link");
    const auto end = link.find(">; rel=\"next\"");
    EXPECT_EQ(link.empty(), end == std::string::npos) << link;
    return link.empty() ? "" : link.substr(1, end - 1);
  }

  const support::ServiceClient client = new_client({"auth:token"});
  const support::ServiceClient admin = new_client({"internal:admin"});
  const std::string token = service_token(client);
};

TEST_F(AccessLogRoutes, ARequestWithAServiceJwtIsARowWhateverItsAnswer) {
  with_bearer(token).post("/token/generate", "user_id=1");
  with_bearer(token).post("/token/generate", "user_id=x");
  with_bearer(token).get("/v1/internal/services?limit=5");
  with_bearer(token).send("HEAD", "/v1/internal/services");
  EXPECT_THAT(rows(), ElementsAre("POST /token/generate 200", "POST /token/generate 400",
                                  "GET /v1/internal/services 403", "HEAD /v1/internal/services 403"));
}

TEST_F(AccessLogRoutes, AlsoWhereNobodyHadLookedAtTheToken) {
  with_bearer(token).get("/nowhere");
  with_bearer(token).get("/token/generate");
  with_bearer(token).post("/oauth/introspect", "token=x");
  with_bearer(token).get("/v1/internal/services?token=x");
  EXPECT_THAT(rows(), ElementsAre("GET /nowhere 404", "GET /token/generate 405", "POST /oauth/introspect 401",
                                  "GET /v1/internal/services 400"));
}

TEST_F(AccessLogRoutes, AtTheGateTheRequestThatWasAskedAboutIsTheRow) {
  const auto ask = [&](const std::string& require, const std::string& method, const std::string& path) {
    auto question = request("GET", "/.gate/token");
    question.authorization = support::bearer(token);
    question.gate_requires = require;
    question.gate_method = method;
    question.gate_path = path;
    return send(std::move(question));
  };
  ask("service", "GET", "/api/v1/songs");
  ask("service:user:read", "HEAD", "/api/v1/songs");
  ask("devtoken", "BREW", "/behind/" + std::string(40, 's') + "/x");
  lose_database();
  ask("service", "DELETE", "/api/v1/songs/1");
  EXPECT_THAT(rows(), ElementsAre("GET /api/v1/songs 204", "HEAD /api/v1/songs 403",
                                  "OTHER /behind/.../x 401", "DELETE /api/v1/songs/1 503"));
}

TEST_F(AccessLogRoutes, ATokenInThePathIsNotKept) {
  with_bearer(token).get("/v1/users/" + token);
  with_bearer(token).get("/" + token + "/x");
  with_bearer(token).get("/v1/internal/services/" + client.id.str() + "/logs");
  EXPECT_THAT(rows(), ElementsAre("GET /v1/users/... 401", "GET /.../x 404",
                                  "GET /v1/internal/services/" + client.id.str() + "/logs 403"));
}

TEST_F(AccessLogRoutes, OpenRoutesAndOtherCredentialsLeaveNoRow) {
  with_bearer(token).get("/health");
  with_bearer(token).post("/token/verify", "token=x");
  as(client).post("/token/generate", "user_id=1");
  anyone().get("/v1/internal/services");
  EXPECT_THAT(rows(), IsEmpty());
}

TEST_F(AccessLogRoutes, ATokenThatIsNotValidLeavesNoRow) {
  with_bearer(generate(client).access_token).get("/v1/internal/services");
  with_bearer(token + "x").get("/nowhere");
  disable(client);
  with_bearer(token).get("/v1/internal/services");
  with_bearer(token).get("/nowhere");
  later(hours(1));
  with_bearer(token).get("/nowhere");
  EXPECT_THAT(rows(), IsEmpty());
}

TEST_F(AccessLogRoutes, WhileNobodyCanTellWhetherItIsRevokedItIsARow) {
  lose_database();
  EXPECT_EQ(with_bearer(token).get("/v1/internal/services").status, 503);
  EXPECT_THAT(rows(), ElementsAre("GET /v1/internal/services 503"));
}

TEST_F(AccessLogRoutes, NothingIsWrittenBeforeTheAnswerAndNoRequestWaits) {
  with_bearer(token).get("/v1/internal/services");
  EXPECT_EQ(access_log.waiting(), 1U);
}

TEST_F(AccessLogRoutes, AFullBatchIsWrittenAtOnce) {
  for (int i = 0; i < 100; ++i) with_bearer(token).get("/v1/internal/services");
  EXPECT_EQ(access_log.waiting(), 0U);
  EXPECT_EQ(rows().size(), 100U);
}

TEST_F(AccessLogRoutes, Logs_200_HasTheSeedsMembers) {
  auto request = ApiTest::request("GET", "/v1/internal/services?limit=7");
  request.authorization = support::bearer(token);
  request.user_agent = "curl/7.68.0";
  send(request);
  flush();
  const auto answer = see("/logs?limit=50&offset=0");
  EXPECT_EQ(answer.status, 200);
  const auto document = json::Document::parse(answer.body);
  ASSERT_TRUE(document.root().is_array());
  const auto items = document.root().items();
  ASSERT_EQ(items.size(), 1U);
  const auto text = [&](std::string_view name) {
    return std::string(items[0].find(name).value().text().value());
  };
  EXPECT_GT(items[0].find("id").value().integer(), 0);
  EXPECT_EQ(text("client_id"), client.id.str());
  EXPECT_EQ(text("endpoint"), "/v1/internal/services");
  EXPECT_EQ(text("method"), "GET");
  EXPECT_EQ(items[0].find("status_code").value().integer(), 403);
  EXPECT_GE(items[0].find("response_time_ms").value().integer(), 0);
  EXPECT_EQ(text("ip_address"), "192.0.2.7");
  EXPECT_EQ(text("user_agent"), "curl/7.68.0");
  EXPECT_EQ(text("created_at"), to_rfc3339(time()));
  EXPECT_EQ(answer.header("Link"), "");
}

TEST_F(AccessLogRoutes, Logs_200_AnEmptyArrayWhereThereAreNone) { EXPECT_EQ(see("/logs").body, "[]"); }

TEST_F(AccessLogRoutes, Logs_200_PagesByOffset) {
  make_rows(5);
  const auto all = ids(see("/logs"));
  EXPECT_TRUE(std::is_sorted(all.rbegin(), all.rend()));
  EXPECT_THAT(ids(see("/logs?limit=2&offset=1")), ElementsAre(all[1], all[2]));
  EXPECT_THAT(ids(see("/logs?limit=2&offset=4")), ElementsAre(all[4]));
  EXPECT_THAT(ids(see("/logs?offset=5")), IsEmpty());
}

TEST_F(AccessLogRoutes, Logs_200_TheLinksLeadThroughAllOfThem) {
  make_rows(5);
  const auto all = ids(see("/logs"));
  std::vector<std::int64_t> walked;
  std::string next = "/v1/internal/services/" + client.id.str() + "/logs?limit=2";
  while (!next.empty()) {
    const auto page = with_bearer(service_token(admin)).get(next);
    ASSERT_EQ(page.status, 200);
    const auto some = ids(page);
    walked.insert(walked.end(), some.begin(), some.end());
    next = next_of(page);
  }
  EXPECT_EQ(walked, all);
}

TEST_F(AccessLogRoutes, Logs_400_ABadPage) {
  for (const auto* query : {"limit=0", "limit=1001", "limit=x", "offset=-1", "offset=100001", "offset=x",
                            "cursor=x", "cursor=0", "cursor=99999999999999999999"}) {
    EXPECT_EQ(see(std::string("/logs?") + query).status, 400) << query;
  }
}

TEST_F(AccessLogRoutes, LogsAndStatistics_404_AnUnknownClient) {
  for (const auto* id : {"svc_000000000000", "x", "svc_%27", "usr_abc123def456"}) {
    for (const auto* what : {"/logs", "/statistics"}) {
      const auto answer =
          with_bearer(service_token(admin)).get("/v1/internal/services/" + std::string(id) + what);
      EXPECT_EQ(answer.status, 404) << id << what;
      EXPECT_EQ(answer.text("error"), "Client not found");
    }
  }
}

TEST_F(AccessLogRoutes, Statistics_200_HasTheSeedsMembers) {
  make_rows(3);
  with_bearer(token).post("/token/generate", "user_id=1");
  flush();
  const auto answer = see("/statistics?since=24h");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.text("client_id"), client.id.str());
  EXPECT_EQ(answer.text("since"), to_rfc3339(std::chrono::floor<std::chrono::minutes>(time() - hours(24))));
  EXPECT_EQ(answer.number("total_requests"), 4);
  EXPECT_EQ(answer.number("error_count"), 3);
  EXPECT_EQ(answer.number("success_rate"), 25);
  EXPECT_TRUE(answer.has("avg_response_time"));
}

TEST_F(AccessLogRoutes, Statistics_200_SinceInEveryForm) {
  make_rows(1);
  later(hours(3));
  for (const auto* since : {"", "24h", "7d", "200m", "86400", "2024-01-01T00:00:00Z",
                            "2024-01-01T00:00:00%2B08:00", "2024-01-01T00:00:00+08:00"}) {
    EXPECT_EQ(see("/statistics?since=" + std::string(since)).number("total_requests"), 1) << since;
  }
  EXPECT_EQ(see("/statistics?since=30m").number("total_requests"), 0);
  EXPECT_EQ(see("/statistics").number("total_requests"), 1);
}

TEST_F(AccessLogRoutes, Statistics_400_ABadSince) {
  for (const auto* since : {"x", "24x", "-1h", "2024-01-01", "1e3", "24h%00"}) {
    EXPECT_EQ(see("/statistics?since=" + std::string(since)).status, 400) << since;
  }
}

}  // namespace
}  // namespace gatehouse::handlers
