// Vocabulary for routes: `as(client).post("/token/generate", ...)` goes through the real table, authenticate
// and render_error, in process, on the database of this binary.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/config.h"
#include "fcgi/request.h"
#include "fcgi/response.h"
#include "handlers/wiring.h"
#include "outbound/curl_https.h"
#include "tests/support/flow_test.h"

namespace gatehouse::support {

inline constexpr std::string_view kJson = "application/json";
inline constexpr std::string_view kForm = "application/x-www-form-urlencoded";

struct Answer {
  int status = 0;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;

  std::string header(std::string_view name) const;  // "" where there is none; more than one is a failure
  // Members of the body, by a path such as "base.status_code". A missing or mistyped one is a failure.
  std::string text(std::string_view path) const;
  std::int64_t number(std::string_view path) const;
  bool flag(std::string_view path) const;
  std::vector<std::string> texts(std::string_view path) const;
  bool has(std::string_view path) const;
};

// Members of a JSON body and of a form, alike.
using Members = std::vector<std::pair<std::string, std::string>>;
std::string json_of(const Members& members);  // values are JSON as they stand: R"("x")", "42"
std::string form_of(const Members& members);  // the same values, without the quotes of a text

std::string basic(std::string_view id, std::string_view secret);
std::string basic(const ServiceClient& client);
std::string bearer(std::string_view token);

// The pattern with something in the place of each {}.
std::string path_of(std::string_view pattern, std::string_view stand_in = "x");

class ApiTest : public FlowTest {
 protected:
  ApiTest();

  // Who sends requests: an Authorization header, or none.
  class Sender {
   public:
    Sender(ApiTest& api, std::string authorization) : api_(api), authorization_(std::move(authorization)) {}
    Answer get(std::string_view target) { return send("GET", target); }
    // A body that begins as JSON does is sent as JSON, any other one as a form.
    Answer post(std::string_view target, std::string_view body = {});
    Answer post(std::string_view target, std::string_view body, std::string_view content_type);
    Answer patch(std::string_view target, std::string_view body);
    Answer send(std::string_view method, std::string_view target);

   private:
    ApiTest& api_;
    std::string authorization_;
  };
  Sender anyone() { return {*this, ""}; }
  Sender as(const ServiceClient& client) { return {*this, basic(client)}; }
  Sender with_bearer(std::string_view token) { return {*this, bearer(token)}; }
  Sender with_header(std::string authorization) { return {*this, std::move(authorization)}; }

  // Checks what must hold for every answer there is: JSON, and no-store where a token is in it.
  Answer send(fcgi::Request request);
  // Where a request was handed on to, by X-Accel-Redirect; "" where it was answered.
  std::string hand_over_of(fcgi::Request request);
  static fcgi::Request request(std::string_view method, std::string_view target);

  // Made with JWT_SECRET itself.
  std::string internal_jwt(const std::string& user_id = {}, const std::string& role = {}) const;
  std::string admin_jwt() const { return internal_jwt({}, "admin"); }

  // From now on, as after a restart with this TOKEN_SIGNING_ALG. Makes the key that it needs.
  void sign_with(const std::string& alg);
  // Settings as these, besides the secrets.
  void configure(Environment values);

  // From now on, with these. They must outlive the service.
  void serve_with(db::Connection& db, flows::Revocations& known, const crypto::SealKeys& seal_keys);
  // From now on PostgreSQL is out of reach.
  void lose_database();

  Config config;
  db::Connection nowhere;
  flows::AccessLog access_log;
  outbound::CurlHttps https{""};
  flows::TokenUses token_uses;
  flows::Coze coze{flows::CozeSettings{}};
  outbound::Providers providers{config};
  flows::VaultUsage vault_usage;
  std::unique_ptr<flows::Credentials> service_credentials;
  std::unique_ptr<handlers::Services> services;
};

}  // namespace gatehouse::support
