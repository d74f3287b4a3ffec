// What fcgi::App::observe is told.
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <string_view>

#include "fcgi/router.h"

namespace gatehouse::fcgi {
namespace {

struct Witness {
  std::string seen;
};

Response show(const Request&, Witness& witness) {
  witness.seen += "served, ";
  return json(200, json::Object());
}

constexpr Route<Witness> kRows[] = {
    {Method::get, "/", Who::open, "", Pool::fast, show},
    {Method::get, "/users/me", Who::user, "", Pool::fast, show},
};

void authenticate(Request& request, const Route<Witness>&, Witness&) {
  request.caller.subject = "usr_caller";
  if (request.authorization.empty()) throw Error(Errc::insufficient_scope);
}

Response render(const Error& error, const Request&) { return json(error.row().status, json::Object()); }

void observe(const Request& request, const Route<Witness>* row, Response& response,
             std::chrono::microseconds took, Witness& witness) {
  EXPECT_GE(took.count(), 0);
  witness.seen += std::to_string(response.status) + " for '" + request.caller.subject + "' at " +
                  std::string(row == nullptr ? "no row" : row->pattern);
  if (request.user_agent == "thrower") throw std::runtime_error("observe");
}

class Observer : public testing::Test {
 protected:
  std::string observed(std::string_view path, std::string_view authorization = {}) {
    Request request;
    request.path = path;
    request.authorization = authorization;
    dispatch(app, std::move(request));
    return std::exchange(witness.seen, "");
  }
  Witness witness;
  const App<Witness> app{kRows, witness, authenticate, render, observe};
};

TEST_F(Observer, IsToldOfEveryAnswerWithItsRowAndCaller) {
  EXPECT_EQ(observed("/"), "served, 200 for '' at /");
  EXPECT_EQ(observed("/users/me", "Bearer good"), "served, 200 for 'usr_caller' at /users/me");
  EXPECT_EQ(observed("/users/me"), "403 for 'usr_caller' at /users/me");
}

TEST_F(Observer, IsToldOfAnswersThatNoRowHasMade) {
  EXPECT_EQ(observed("/nowhere"), "404 for '' at no row");
  EXPECT_EQ(observed("no path"), "400 for '' at no row");
}

TEST_F(Observer, SpoilsNoAnswerWhenItThrows) {
  Request request;
  request.path = "/";
  request.user_agent = "thrower";
  EXPECT_EQ(dispatch(app, std::move(request)).status, 200);
}

}  // namespace
}  // namespace gatehouse::fcgi
