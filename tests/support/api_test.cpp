#include "tests/support/api_test.h"

#include <algorithm>
#include <array>

#include "base/base64.h"
#include "base/json.h"
#include "fcgi/router.h"
#include "flows/signing_keys.h"
#include "handlers/access_log.h"
#include "handlers/authenticate.h"
#include "handlers/render.h"
#include "handlers/routes.h"

namespace gatehouse::support {

namespace {

Environment settings_of_tests() {
  return {{"JWT_SECRET", kJwtSecret}, {"VAULT_KEYS", kVaultKeys}, {"PUBLIC_URL", kIssuer}};
}

// Calls `take` with the member, where there is one.
template <class Take>
bool at(const std::string& body, std::string_view path, Take take) {
  const auto document = json::Document::parse(body);
  std::optional<json::Value> value = document.root();
  while (value && !path.empty()) {
    const auto dot = std::min(path.find('.'), path.size());
    value = value->find(path.substr(0, dot));
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  if (value) take(*value);
  return value.has_value();
}

template <class T, class Read>
T member(const Answer& answer, std::string_view path, Read read) {
  std::optional<T> found;
  at(answer.body, path, [&](const json::Value& value) { found = read(value); });
  EXPECT_TRUE(found.has_value()) << "no such " << path << " in " << answer.body;
  return found.value_or(T{});
}

bool has_a_token(const std::string& body) {
  static constexpr std::array<std::string_view, 5> kNames{"access_token", "refresh_token", "client_secret",
                                                          "secret_key", "token"};
  return std::any_of(kNames.begin(), kNames.end(),
                     [&](auto name) { return at(body, name, [](const auto&) {}); });
}

}  // namespace

std::string Answer::header(std::string_view name) const {
  std::string found;
  int count = 0;
  for (const auto& [key, value] : headers) {
    if (key != name) continue;
    found = value;
    ++count;
  }
  EXPECT_LE(count, 1) << name << " is there more than once";
  return found;
}

std::string Answer::text(std::string_view path) const {
  return member<std::string>(*this, path, [](const auto& value) {
    const auto text = value.text();
    return text ? std::optional<std::string>(*text) : std::nullopt;
  });
}

std::int64_t Answer::number(std::string_view path) const {
  return member<std::int64_t>(*this, path, [](const auto& value) { return value.integer(); });
}

bool Answer::flag(std::string_view path) const {
  return member<bool>(*this, path, [](const auto& value) { return value.boolean(); });
}

std::vector<std::string> Answer::texts(std::string_view path) const {
  return member<std::vector<std::string>>(*this, path, [](const auto& value) {
    std::vector<std::string> texts;
    for (const auto& item : value.items()) texts.emplace_back(item.text().value());
    return std::optional(texts);
  });
}

bool Answer::has(std::string_view path) const {
  return at(body, path, [](const auto&) {});
}

std::string json_of(const Members& members) {
  json::Object object;
  for (const auto& [name, value] : members) object.add_json(name, value);
  return object.str();
}

std::string form_of(const Members& members) {
  std::string form;
  for (const auto& [name, value] : members) {
    const bool quoted = value.starts_with('"');
    form += (form.empty() ? "" : "&") + name + "=" + (quoted ? value.substr(1, value.size() - 2) : value);
  }
  return form;
}

std::string basic(std::string_view id, std::string_view secret) {
  return "Basic " + base64_encode(std::string(id) + ":" + std::string(secret));
}
std::string basic(const ServiceClient& client) { return basic(client.id.str(), client.secret); }
std::string bearer(std::string_view token) { return "Bearer " + std::string(token); }

std::string path_of(std::string_view pattern, std::string_view stand_in) {
  std::string path;
  while (!pattern.empty()) {
    const auto segment = fcgi::take_segment(pattern);
    path += "/" + std::string(fcgi::is_parameter(segment) ? stand_in : segment);
  }
  return path;
}

ApiTest::ApiTest()
    : config(load_config(settings_of_tests())), nowhere([] {
        db::ConnectionParts parts;
        parts.host = "/nonexistent";
        return db::conninfo(parts);
      }()) {
  serve_with(worker, revocations, seal);
}

void ApiTest::serve_with(db::Connection& db, flows::Revocations& known, const crypto::SealKeys& seal_keys) {
  service_credentials = std::make_unique<flows::Credentials>(known);
  services.reset(new handlers::Services{config, db, known, *service_credentials, keys, seal_keys, clock,
                                        times, passwords, access_log, https, token_uses, coze, providers,
                                        vault_usage, replays, true});
}

void ApiTest::lose_database() { serve_with(nowhere, revocations, seal); }

std::string ApiTest::internal_jwt(const std::string& user_id, const std::string& role) const {
  crypto::Claims claims;
  claims.subject = "teslamate";
  claims.issued_at = unix_seconds(time());
  claims.expires_at = unix_seconds(time() + Seconds(3600));
  claims.user_id = user_id;
  claims.role = role;
  return keys.sign(flows::Kind::internal, claims, time());
}

void ApiTest::configure(Environment values) {
  values.merge(settings_of_tests());
  config = load_config(values);
}

void ApiTest::sign_with(const std::string& alg) {
  if (alg != "HS256") {
    flows::ensure_signing_key(owner, seal, actor, crypto::alg_named(alg).value(), time());
  }
  keys = flows::TokenKeys(key_settings(alg));
  services->keys_loaded_at = {};
}

fcgi::Request ApiTest::request(std::string_view method, std::string_view target) {
  fcgi::Request request;
  request.method = fcgi::parse_method(method);
  request.head = method == "HEAD";
  request.path = target.substr(0, target.find('?'));
  if (request.path.size() < target.size()) request.query = target.substr(request.path.size() + 1);
  request.request_id = "req-1";
  request.client_address = "192.0.2.7";
  return request;
}

std::string ApiTest::hand_over_of(fcgi::Request request) {
  const fcgi::App<handlers::Services> app{handlers::routes(), *services, handlers::authenticate,
                                          handlers::render_error, handlers::observe};
  const Answer answer{0, "", fcgi::dispatch(app, std::move(request)).headers};
  return answer.header("X-Accel-Redirect");
}

Answer ApiTest::send(fcgi::Request request) {
  const fcgi::App<handlers::Services> app{handlers::routes(), *services, handlers::authenticate,
                                          handlers::render_error, handlers::observe};
  const bool head = request.head;
  const std::string line = std::string(fcgi::name_of(request.method)) + " " + request.path.substr(0, 200);
  const fcgi::Response response = fcgi::dispatch(app, std::move(request));
  if (response.after) fcgi::run_detached("after_request_failed", response.after);
  Answer answer{response.status, response.body, response.headers};
  EXPECT_EQ(response.content_type, "application/json") << line;
  if (head || response.status == 204) {
    EXPECT_EQ(answer.body, "") << line;
  } else {
    EXPECT_TRUE(answer.has("")) << line;
    EXPECT_TRUE(!has_a_token(answer.body) || answer.header("Cache-Control") == "no-store") << line;
  }
  return answer;
}

Answer ApiTest::Sender::send(std::string_view method, std::string_view target) {
  fcgi::Request request = ApiTest::request(method, target);
  request.authorization = authorization_;
  return api_.send(std::move(request));
}

Answer ApiTest::Sender::post(std::string_view target, std::string_view body, std::string_view content_type) {
  fcgi::Request request = ApiTest::request("POST", target);
  request.authorization = authorization_;
  request.body = body;
  request.content_type = content_type;
  return api_.send(std::move(request));
}

Answer ApiTest::Sender::post(std::string_view target, std::string_view body) {
  if (body.empty()) return post(target, body, "");
  return post(target, body, body.starts_with('{') || body.starts_with('[') ? kJson : kForm);
}

Answer ApiTest::Sender::patch(std::string_view target, std::string_view body) {
  fcgi::Request request = ApiTest::request("PATCH", target);
  request.authorization = authorization_;
  request.body = body;
  request.content_type = kJson;
  return api_.send(std::move(request));
}

}  // namespace gatehouse::support
