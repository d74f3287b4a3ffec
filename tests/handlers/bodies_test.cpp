// Walks the routes that read a body, with every body that is none of the good ones.
#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "flows/tenants.h"
#include "handlers/routes.h"
#include "tests/handlers/route_bodies.h"
#include "tests/support/coze_stand_in.h"

namespace gatehouse::handlers {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

class Bodies : public support::ApiTest {
 protected:
  // For POST /token, which is 404 without its settings.
  Bodies() { coze = flows::Coze(stand_in.settings("a")); }
  support::Answer send_to(const RouteBody& route, std::string_view body, std::string_view type) {
    return with_header(credential(route.pattern)).post(path(route.pattern), body, type);
  }
  std::string path(std::string_view pattern) const { return support::path_of(pattern, home.id.str()); }
  // What lets into the route, and may read its body.
  std::string credential(std::string_view pattern) {
    const auto row = std::ranges::find_if(routes(), [&](const auto& any) {
      return any.pattern == pattern && any.method == fcgi::Method::post;
    });
    if (accepts(row->who, fcgi::Who::tenant_key | fcgi::Who::tenant_secret))
      return support::bearer(home.secret_key);
    if (accepts(row->who, fcgi::Who::user)) return support::bearer(user_token);
    if (accepts(row->who, fcgi::Who::internal_jwt | fcgi::Who::admin_jwt))
      return support::bearer(admin_jwt());
    if (accepts(row->who, fcgi::Who::client)) return support::basic(client);
    return support::bearer(service_token(client));
  }
  // Where the text for people stands.
  static std::string_view text_member(std::string_view pattern) {
    return pattern.starts_with("/oauth/") || pattern.starts_with("/api/oauth2/") ? "error_description"
                                                                                 : "error";
  }
  // 400, and the text that people read names the member.
  static void expect_named(const support::Answer& answer, const std::string& member,
                           std::string_view pattern) {
    EXPECT_EQ(answer.status, 400) << pattern << ' ' << member;
    EXPECT_THAT(answer.text(text_member(pattern)), HasSubstr('"' + member + '"')) << pattern;
  }

  const support::ServiceClient client = new_client(
      {"auth:token", "auth:validate", "user:read", "user:write", "tenant:write", "internal:admin"});
  const support::TenantAccess home = new_tenant();
  // In the middle of an overlap: what rotates is refused each time alike.
  const Secret newer = flows::rotate_tenant_key(worker, actor, home.id, db::tenants::KeyKind::secret_key,
                                                Seconds(86400), time());
  const UserId user = new_user(home.id, kTakenEmail);
  const std::string user_token = sign_in(home.id, kTakenEmail).token;
  support::CozeStandIn stand_in{{{{"k", support::CozeStandIn::key()}}, "app-1", "127.0.0.1"}, clock};
};

support::Members without(support::Members members, const std::string& name) {
  std::erase_if(members, [&](const auto& member) { return member.first == name; });
  return members;
}

support::Members with(support::Members members, const std::string& name, const std::string& value) {
  members = without(std::move(members), name);
  members.emplace_back(name, value);
  return members;
}

TEST(RouteBodies, EveryPostHasItsRow) {
  std::multiset<std::string_view> patterns;
  for (const auto& route : route_bodies()) patterns.insert(route.pattern);
  for (const auto& row : routes()) {
    if (row.method != fcgi::Method::post) continue;
    EXPECT_EQ(patterns.count(row.pattern), reads_no_body(row.pattern) ? 0U : 1U) << row.pattern;
  }
}

TEST_F(Bodies, EveryGoodOneIsRead) {
  for (const auto& route : route_bodies()) {
    EXPECT_THAT(send_to(route, route.good(), route.type()).status, AnyOf(200, 201, 401, 404, 409))
        << route.pattern;
    if (!route.takes_form) continue;
    EXPECT_THAT(send_to(route, support::form_of(route.required), support::kForm).status, AnyOf(200, 401));
  }
}

TEST_F(Bodies, UnknownMembersAreIgnored) {
  for (const auto& route : route_bodies()) {
    auto members = route.required;
    members.emplace_back("something_else", "\"x\"");
    const std::string body = route.takes_json ? support::json_of(members) : support::form_of(members);
    // 201 where there was nothing yet, 200 afterwards: both are well.
    const int with = send_to(route, body, route.type()).status;
    EXPECT_EQ(with / 100, send_to(route, route.good(), route.type()).status / 100) << route.pattern << with;
  }
}

TEST_F(Bodies, EveryJsonRoute_400_ForWhatIsNoJsonObject) {
  for (const auto& route : route_bodies()) {
    if (!route.takes_json) continue;
    for (const auto& body :
         {std::string("{"), std::string("x"), std::string("{\"a\":}"), std::string("[]"), std::string("null"),
          std::string("42"), std::string("\"x\""), std::string("{\"a\":1,\"a\":2}"),
          std::string("{\"a\":\"\xff\"}"), std::string("{\"a\":\"\\u0000\"}"),
          route.good() + std::string(1, '\0'), route.good() + route.good(),
          "{\"a\":" + std::string(40, '[') + std::string(40, ']') + "}", std::string(60000, '['),
          std::string(" ")}) {
      const auto answer = send_to(route, body, support::kJson);
      EXPECT_EQ(answer.status, 400) << route.pattern << ' ' << body.substr(0, 60);
      EXPECT_THAT(answer.text(text_member(route.pattern)), HasSubstr("The body is not valid JSON"))
          << route.pattern << ' ' << body.substr(0, 60);
    }
  }
}

TEST_F(Bodies, EveryFormRoute_400_ForWhatIsNoForm) {
  for (const auto& route : route_bodies()) {
    if (!route.takes_form) continue;
    std::string many;
    for (int i = 0; i < 65; ++i) many += "&a" + std::to_string(i) + "=b";
    for (const auto& broken : {std::string("&x=%"), std::string("&x=%zz"), std::string("&x=%00"),
                               std::string("&x=%ff"), std::string("&x=1&x=2"), many}) {
      const auto answer = send_to(route, support::form_of(route.required) + broken, support::kForm);
      EXPECT_EQ(answer.status, 400) << route.pattern << ' ' << broken.substr(0, 20);
    }
    // Told as any other member is: one shape, whoever found it out.
    expect_named(send_to(route, support::form_of(route.required) + "&x=1&x=2", support::kForm), "x",
                 route.pattern);
  }
}

TEST_F(Bodies, EveryRoute_415_ForAnotherType) {
  for (const auto& route : route_bodies()) {
    for (const auto& [type, taken] : {std::pair(support::kJson, route.takes_json),
                                      {support::kForm, route.takes_form},
                                      {"text/plain", false},
                                      {"", false},
                                      {"multipart/form-data; boundary=x", false},
                                      {"application/json-patch+json", false},
                                      {"application/xml", false}}) {
      if (taken) continue;
      EXPECT_EQ(send_to(route, route.good(), type).status, 415) << route.pattern << ' ' << type;
    }
  }
}

TEST_F(Bodies, TheTypeIsReadWithoutCaseAndParameters) {
  for (const auto& route : route_bodies()) {
    send_to(route, route.good(), route.type());  // The first save of a record is 201, each later one 200.
    const int status = send_to(route, route.good(), route.type()).status;
    std::string type(route.type());
    for (char& c : type) c = static_cast<char>(std::toupper(c));
    EXPECT_EQ(send_to(route, route.good(), type + " ; charset=utf-8").status, status) << route.pattern;
  }
}

TEST_F(Bodies, EveryRoute_413_WhenTooLarge) {
  for (const auto& route : route_bodies()) {
    auto request = ApiTest::request("POST", path(route.pattern));
    request.authorization = credential(route.pattern);
    request.content_type = route.type();
    request.body_too_large = true;
    EXPECT_EQ(send(request).status, 413) << route.pattern;
  }
}

TEST_F(Bodies, EveryRequiredMember_400_NamedWhenMissing) {
  for (const auto& route : route_bodies()) {
    for (const auto& [name, value] : route.required) {
      const auto rest = without(route.required, name);
      if (route.takes_json)
        expect_named(send_to(route, support::json_of(rest), support::kJson), name, route.pattern);
      if (route.takes_form)
        expect_named(send_to(route, support::form_of(rest), support::kForm), name, route.pattern);
    }
  }
}

TEST_F(Bodies, EveryRequiredMember_400_NamedWhenEmptyOrNull) {
  for (const auto& route : route_bodies()) {
    for (const auto& [name, value] : route.required) {
      for (const auto* nothing : {"null", "\"\""}) {
        const auto members = with(route.required, name, nothing);
        if (route.takes_json) {
          expect_named(send_to(route, support::json_of(members), support::kJson), name, route.pattern);
        }
      }
      if (!route.takes_form) continue;
      const auto members = with(route.required, name, "\"\"");
      expect_named(send_to(route, support::form_of(members), support::kForm), name, route.pattern);
    }
  }
}

TEST_F(Bodies, EveryMember_400_NamedWhenItIsOfAnotherType) {
  for (const auto& route : route_bodies()) {
    if (!route.takes_json) continue;
    auto members = route.required;
    members.insert(members.end(), route.optional.begin(), route.optional.end());
    for (const auto& [name, value] : members) {
      const bool text = value.starts_with('"');
      for (const auto* other : {"true", "[]", "{}", "[\"x\"]", "1.5", text ? "42" : "\"42\""}) {
        const auto answer = send_to(route, support::json_of(with(members, name, other)), support::kJson);
        expect_named(answer, name, route.pattern);
      }
    }
  }
}

TEST_F(Bodies, AnEmptyBody_400_NamesTheFirstMember) {
  for (const auto& route : route_bodies()) {
    expect_named(send_to(route, "", ""), route.required.front().first, route.pattern);
    expect_named(send_to(route, "", route.type()), route.required.front().first, route.pattern);
  }
}

TEST_F(Bodies, NothingIsHalfWrittenWhenRefused) {
  const auto count = [&] {
    return support::raw_text(
        owner,
        "SELECT (SELECT count(*) FROM services) || ' ' || (SELECT count(*) FROM audit_log) "
        "|| ' ' || (SELECT count(*) FROM token_families) AS value");
  };
  const std::string before = count();
  for (const auto& route : route_bodies()) {
    for (const auto& [name, value] : route.required) {
      const auto members = without(route.required, name);
      send_to(route, route.takes_json ? support::json_of(members) : support::form_of(members), route.type());
    }
  }
  EXPECT_EQ(count(), before);
}

// Without PostgreSQL nothing can be checked, and nobody is told that a credential is bad.
TEST_F(Bodies, EveryRoute_503_WithRetryAfterWhenPostgresqlIsOutOfReach) {
  lose_database();
  for (const auto& route : route_bodies()) {
    const auto answer = send_to(route, route.good(), route.type());
    EXPECT_EQ(answer.status, 503) << route.pattern;
    EXPECT_EQ(answer.header("Retry-After"), "1") << route.pattern;
    EXPECT_THAT(answer.body, Not(HasSubstr("nonexistent"))) << route.pattern;
  }
}

}  // namespace
}  // namespace gatehouse::handlers
