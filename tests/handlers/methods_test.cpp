// Walks the route table: methods, paths, and the pools that nginx sends them to.
#include <gmock/gmock.h>

#include <map>
#include <regex>
#include <set>

#include "fcgi/router.h"
#include "handlers/routes.h"
#include "tests/support/api_test.h"
#include "tests/support/source_tree.h"

namespace gatehouse::handlers {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Methods : public support::ApiTest {
 protected:
  static bool fits(std::string_view pattern, std::string_view path) {
    std::vector<std::pair<std::string_view, std::string>> parameters;
    return path.starts_with('/') && fcgi::match(pattern, path, parameters);
  }
  static bool is_a_path(std::string_view path) {
    return std::ranges::any_of(routes(), [&](const auto& row) { return fits(row.pattern, path); });
  }
  // By pattern, in the order in which Allow names them: also of rows with a {} in the place of a literal.
  static std::map<std::string, std::vector<std::string>> methods() {
    std::map<std::string, std::vector<std::string>> all;
    for (const auto& row : routes()) {
      auto& own = all[std::string(row.pattern)];
      own.clear();
      for (const auto method : {fcgi::Method::get, fcgi::Method::post, fcgi::Method::put, fcgi::Method::patch,
                                fcgi::Method::del}) {
        const bool has = std::ranges::any_of(routes(), [&](const auto& other) {
          return other.method == method && fits(other.pattern, support::path_of(row.pattern));
        });
        if (has) own.emplace_back(fcgi::name_of(method));
        if (has && method == fcgi::Method::get) own.emplace_back("HEAD");
      }
    }
    return all;
  }
  static std::string allow_of(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names) text += name + ", ";
    return text + "OPTIONS";
  }
};

TEST_F(Methods, EveryPath_405_NamesTheMethodsThatItHas) {
  for (const auto& [pattern, own] : methods()) {
    for (const auto* name :
         {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "get", "PROPFIND"}) {
      if (std::ranges::count(own, name) == 1) continue;
      const auto answer = anyone().send(name, support::path_of(pattern));
      EXPECT_EQ(answer.status, 405) << name << ' ' << pattern;
      EXPECT_EQ(answer.header("Allow"), allow_of(own)) << name << ' ' << pattern;
    }
  }
}

TEST_F(Methods, EveryPath_204_ForOptions) {
  for (const auto& [pattern, own] : methods()) {
    const auto answer = anyone().send("OPTIONS", support::path_of(pattern));
    EXPECT_EQ(answer.status, 204) << pattern;
    EXPECT_EQ(answer.header("Allow"), allow_of(own)) << pattern;
  }
}

TEST_F(Methods, EveryGetAnswersHeadWithTheSameHeaders) {
  for (const auto& row : routes()) {
    if (row.method != fcgi::Method::get) continue;
    const auto whole = anyone().get(support::path_of(row.pattern));
    const auto head = anyone().send("HEAD", support::path_of(row.pattern));
    EXPECT_EQ(head.status, whole.status) << row.pattern;
    EXPECT_EQ(head.header("Content-Length"), std::to_string(whole.body.size())) << row.pattern;
    EXPECT_EQ(head.header("Cache-Control"), whole.header("Cache-Control")) << row.pattern;
  }
}

TEST_F(Methods, EveryPath_404_WithSomethingMoreOrLess) {
  for (const auto& row : routes()) {
    const std::string path = support::path_of(row.pattern);
    for (const auto& other : {path + "/", path + "/x", path + "x", "/" + path, path.substr(1), path + "%00",
                              path + ";x", path.substr(0, 1) + "x" + path.substr(1)}) {
      if (is_a_path(other)) continue;
      const auto status = anyone().send(fcgi::name_of(row.method), other).status;
      EXPECT_EQ(status, other.starts_with('/') ? 404 : 400) << other;
    }
  }
}

TEST_F(Methods, UnknownPaths_404_InTheShapeOfTheirFamily) {
  for (const auto* path : {"/", "/v1", "/nothing", "/.well-known/", "/v1/internal/services/none"}) {
    const auto answer = anyone().get(path);
    EXPECT_EQ(answer.status, 404) << path;
    EXPECT_EQ(answer.text("error"), "Not found") << path;
  }
  EXPECT_EQ(anyone().get("/token/none").number("base.status_code"), 404);
  EXPECT_EQ(anyone().get("/oauth/none").text("error"), "not_found");
}

TEST_F(Methods, PathsThatNobodyWouldSend_AreRefused) {
  for (const auto& path :
       {std::string("/health\0", 8), std::string("/health\n"), std::string("/\xff"), std::string()}) {
    EXPECT_EQ(anyone().get(path).status, 400) << path;
  }
  EXPECT_EQ(anyone().get("/" + std::string(60000, 'a')).status, 404);
  for (const auto* path : {"/../health", "/./health", "/%2e%2e/health", "//health", "/health?%", "/HEALTH"}) {
    EXPECT_THAT(anyone().get(path).status, testing::AnyOf(404, 200)) << path;
  }
}

// What nginx/pools.conf says of a path. Locations: `= path`, `~ regex`, or the prefix `/`; one method may be
// rewritten to /.hash/ or /.fast/.
std::string pool_of(const std::string& path, fcgi::Method method = fcgi::Method::get) {
  static const std::regex location(
      R"re(^location (=|~)? ?(\S+) \{ (if \(\$request_method = (\w+)\) \{ rewrite \^ /\.(\w+)/ last; \} )?include pass-(\w+)\.conf; \}$)re");
  std::string exact;
  std::string by_regex;
  std::string prefix;
  for (const auto& line : support::source_file("nginx/pools.conf").lines) {
    std::smatch match;
    if (!std::regex_match(line, match, location)) continue;
    const bool is_rewritten = match[3].matched && fcgi::parse_method(match[4].str()) == method;
    const std::string pool = is_rewritten ? match[5].str() : match[6].str();
    if (match[1] == "=" && match[2] == path) exact = pool;
    if (match[1] == "~" && by_regex.empty() && std::regex_search(path, std::regex(match[2].str())))
      by_regex = pool;
    if (match[1] == "" && match[2] == "/") prefix = pool;
  }
  if (!exact.empty()) return exact;
  return by_regex.empty() ? prefix : by_regex;
}

std::string_view name_of(fcgi::Pool pool) {
  if (pool == fcgi::Pool::check) return "check";
  if (pool == fcgi::Pool::read) return "read";
  if (pool == fcgi::Pool::hash) return "hash";
  return pool == fcgi::Pool::outbound ? "outbound" : "fast";
}

// The gate's is in nginx/gate.conf, for nobody but nginx asks it.
TEST(Pools, NginxSendsEveryRouteToThePoolOfItsRow) {
  for (const auto& row : routes()) {
    if (row.pattern == "/.gate/token") {
      const auto lines = support::source_file("nginx/gate.conf").lines;
      EXPECT_EQ(
          std::count(lines.begin(), lines.end(), "  fastcgi_pass " + std::string(name_of(row.pool)) + ";"),
          1);
      continue;
    }
    EXPECT_EQ(pool_of(support::path_of(row.pattern), row.method), name_of(row.pool)) << row.pattern;
  }
}

TEST(Pools, TheFileIsReadAsNginxWould) {
  EXPECT_EQ(pool_of("/v1/auth/login"), "hash");
  EXPECT_EQ(pool_of("/api/internal/users", fcgi::Method::post), "hash");
  EXPECT_EQ(pool_of("/api/internal/users", fcgi::Method::get), "fast");
  EXPECT_EQ(pool_of("/api/v1/tokens/x/refresh"), "outbound");
  EXPECT_EQ(pool_of("/api/v1/tokens/x"), "read");
  EXPECT_EQ(pool_of("/api/v1/tokens/x", fcgi::Method::del), "fast");
  EXPECT_EQ(pool_of("/token/verify"), "check");
}

}  // namespace
}  // namespace gatehouse::handlers
