#include "tests/support/coze_stand_in.h"

#include "base/json.h"
#include "crypto/jwt.h"
#include "tests/support/secrets.h"

namespace gatehouse::support {

namespace {

std::string text(const json::Value& object, std::string_view name) {
  const auto member = object.find(name);
  return std::string(member ? member->text().value_or("") : "");
}
std::int64_t number(const json::Value& object, std::string_view name) {
  const auto member = object.find(name);
  return member ? member->integer().value_or(0) : 0;
}

std::string header(const ServerRequest& request, const std::string& name) {
  const auto found = request.headers.find(name);
  return found == request.headers.end() ? "" : found->second;
}

ServerAnswer said(int status, std::string body) {
  ServerAnswer answer;
  answer.status = status;
  answer.body = std::move(body);
  return answer;
}

}  // namespace

CozeStandIn::CozeStandIn(Expected expected, const Clock& clock, int port)
    : expected_(std::move(expected)),
      clock_(clock),
      server_([this](const ServerRequest& request) { return answer(request); }, HttpsServer::plain_on(port)) {
}

const crypto::Key& CozeStandIn::key() {
  static const crypto::Key key = crypto::Key::generate(crypto::Alg::rs256);
  return key;
}

flows::CozeSettings CozeStandIn::settings(const std::string& api_key) const {
  flows::CozeSettings all;
  all.url = url();
  all.app_id = expected_.issuer;
  all.api_key = Secret(api_key);
  all.private_key = Secret(std::string(key().private_pem().reveal()));
  return all;
}

std::vector<std::string> CozeStandIn::complaints() const {
  const std::lock_guard lock(mutex_);
  return complaints_;
}

std::string CozeStandIn::complaint_about(const ServerRequest& request) {
  const std::string authorization = header(request, "authorization");
  if (request.method != "POST" || !authorization.starts_with("Bearer ")) return "no Bearer";
  if (header(request, "content-type") != "application/json") return "no JSON";
  const std::string assertion = authorization.substr(7);
  remember_secret(assertion);
  const auto unchecked = crypto::read(assertion);
  if (!unchecked || unchecked->header.typ != "JWT" || unchecked->header.alg != "RS256") return "header";
  const auto key = expected_.keys.find(unchecked->header.kid);
  if (key == expected_.keys.end()) return "kid";
  const auto checked = crypto::verify(key->second, assertion);
  if (!checked.ok()) return "signature";
  const auto claims = json::Document::parse(checked.payload);
  const auto now = unix_seconds(clock_.now());
  const auto issued = number(claims.root(), "iat");
  const auto expires = number(claims.root(), "exp");
  if (text(claims.root(), "iss") != expected_.issuer) return "iss";
  if (text(claims.root(), "aud") != expected_.audience) return "aud";
  if (issued < now - 60 || issued > now + 60 || expires <= now || expires > issued + 3600) return "iat, exp";
  const auto id = text(claims.root(), "jti");
  if (id.size() < 16 || !seen_ids_.insert(id).second) return "jti";
  const auto body = json::Document::parse(request.body);
  if (text(body.root(), "grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer") return "grant_type";
  const auto duration = number(body.root(), "duration_seconds");
  return duration >= 1 && duration <= 86399 ? "" : "duration_seconds";
}

ServerAnswer CozeStandIn::answer(const ServerRequest& request) {
  const std::lock_guard lock(mutex_);
  const std::string complaint = complaint_about(request);
  if (!complaint.empty()) {
    complaints_.push_back(complaint);
    return said(401, R"({"error_code":"access_deny","error_message":")" + complaint + R"("})");
  }
  const auto duration = number(json::Document::parse(request.body).root(), "duration_seconds");
  const std::string token = "czs_" + std::to_string(++tokens_) + "_0123456789abcdefghijklmnopqrstuvwxyz";
  remember_secret(token);
  ServerAnswer good = said(200, json::Object()
                                    .add("access_token", token)
                                    .add("expires_in", unix_seconds(clock_.now()) + duration)
                                    .add("token_type", "Bearer")
                                    .str());
  switch (mood_.load()) {
    case Mood::well:
      good.delay = std::chrono::milliseconds(100);
      break;
    case Mood::error:
      return said(400, R"({"error_code":"invalid_request", "error_message":"no"})");
    case Mood::html:
      return said(200, "<html>" + std::string(9000, 'x'));
    case Mood::slow:
      good.delay = std::chrono::milliseconds(2000);
      break;
    case Mood::hanging:
      good.delay = std::chrono::seconds(30);
      break;
    case Mood::half:
      good.by_half = true;
      break;
    case Mood::hung_up:
      good.hang_up = true;
      break;
    case Mood::unusual:
      return said(200, R"({"access_token": 5})");
  }
  return good;
}

}  // namespace gatehouse::support
