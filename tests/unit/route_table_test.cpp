// What table_is_sound lets through and what it does not; the real table is held by a static_assert beside it.
#include <gtest/gtest.h>

#include <array>
#include <string_view>

#include "fcgi/route.h"

namespace gatehouse::fcgi {
namespace {

struct Nothing {};
using Row = Route<Nothing>;

Response answer_nothing(const Request&, Nothing&) { return {}; }

constexpr Row get(std::string_view pattern) {
  return {Method::get, pattern, Who::open, "", Pool::fast, answer_nothing};
}
constexpr Row guarded(Who who, std::string_view scope) {
  return {Method::post, "/a", who, scope, Pool::fast, answer_nothing};
}
constexpr bool sound(std::string_view pattern) { return table_is_sound(std::array{get(pattern)}); }
constexpr bool sound(std::string_view first, std::string_view second) {
  return table_is_sound(std::array{get(first), get(second)});
}
constexpr bool sound(Who who, std::string_view scope) {
  return table_is_sound(std::array{guarded(who, scope)});
}

// As handlers/routes.cpp does it: a plain array, at compile time.
constexpr Row kRows[] = {
    get("/"),
    get("/v1/users/me"),
    get("/v1/users/{user_id}"),
    {Method::del, "/v1/users/{user_id}", Who::tenant_secret, "", Pool::fast, answer_nothing},
    {Method::post, "/token/generate", Who::client | Who::service, "auth:token", Pool::hash, answer_nothing},
    get("/.well-known/jwks.json"),
};
static_assert(table_is_sound(kRows), "a table like the real one is sound");

TEST(RouteTable, TakesWellFormedPatterns) {
  EXPECT_TRUE(sound("/"));
  EXPECT_TRUE(sound("/a"));
  EXPECT_TRUE(sound("/a/{name}/b-c_d.e"));
  EXPECT_TRUE(sound("/{one}/{two}"));
}

TEST(RouteTable, RefusesMalformedPatterns) {
  for (const auto* pattern : {"", "a", "//", "/a/", "/a//b", "/a b", "/a?b", "/%61", "/a/..", "/./a", "/ä"}) {
    EXPECT_FALSE(sound(pattern)) << pattern;
  }
}

TEST(RouteTable, RefusesMalformedParameters) {
  for (const auto* pattern :
       {"/{}", "/{a", "/a}", "/{A}", "/{a1}", "/x{a}", "/{a}x", "/{a}{b}", "/{a}/{a}"}) {
    EXPECT_FALSE(sound(pattern)) << pattern;
  }
}

TEST(RouteTable, RefusesTheSamePatternTwice) {
  EXPECT_FALSE(sound("/a/{x}", "/a/{x}"));
  EXPECT_FALSE(sound("/a/{x}", "/a/{y}"));
  EXPECT_FALSE(sound("/", "/"));
}

TEST(RouteTable, TakesTheSamePatternForAnotherMethod) {
  auto other = get("/a/{x}");
  other.method = Method::del;
  EXPECT_TRUE(table_is_sound(std::array{get("/a/{x}"), other}));
}

TEST(RouteTable, TakesALiteralOnlyBeforeTheParameterInItsPlace) {
  EXPECT_TRUE(sound("/users/me", "/users/{id}"));
  EXPECT_FALSE(sound("/users/{id}", "/users/me"));
}

TEST(RouteTable, RefusesPatternsOfWhichNeitherIsTheMoreLiteral) {
  EXPECT_FALSE(sound("/a/{x}", "/{y}/b"));
  EXPECT_FALSE(sound("/{y}/b", "/a/{x}"));
}

TEST(RouteTable, TakesPatternsThatNoPathMatchesBoth) {
  EXPECT_TRUE(sound("/a/{x}/b", "/a/{x}/c"));
  EXPECT_TRUE(sound("/a/{x}", "/a/{x}/c"));
  EXPECT_TRUE(sound("/a/{x}", "/b/{x}"));
}

TEST(RouteTable, FindsAClashBetweenAnyTwoRows) {
  EXPECT_FALSE(table_is_sound(std::array{get("/a"), get("/b"), get("/c"), get("/a")}));
}

TEST(RouteTable, RefusesARouteForNobody) { EXPECT_FALSE(sound(Who::none, "")); }

TEST(RouteTable, TakesAScopeOnlyOfCallersThatHaveScopes) {
  EXPECT_TRUE(sound(Who::client, "auth:token"));
  EXPECT_TRUE(sound(Who::client | Who::service, "auth:token"));
  EXPECT_FALSE(sound(Who::open, "auth:token"));
  EXPECT_FALSE(sound(Who::user, "auth:token"));
  EXPECT_FALSE(sound(Who::client | Who::user, "auth:token"));
  EXPECT_FALSE(sound(Who::service | Who::open, "auth:token"));
}

TEST(RouteTable, RefusesARouteWithoutHandler) {
  auto row = get("/a");
  row.handler = nullptr;
  EXPECT_FALSE(table_is_sound(std::array{row}));
}

TEST(RouteTable, RefusesMethodsThatTheRouterAnswersItself) {
  for (const Method method : {Method::options, Method::other}) {
    auto row = get("/a");
    row.method = method;
    EXPECT_FALSE(table_is_sound(std::array{row}));
  }
}

}  // namespace
}  // namespace gatehouse::fcgi
