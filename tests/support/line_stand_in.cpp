#include "tests/support/line_stand_in.h"

#include "base/error.h"
#include "base/json.h"

namespace gatehouse::support {

namespace {

// As LINE counts: UTF-16 units.
constexpr std::size_t kLongestText = 5000;
constexpr std::size_t kMostMessages = 5;

std::string text_in(const json::Value& object, std::string_view name) {
  const auto member = object.find(name);
  return std::string(member ? member->text().value_or("") : "");
}

std::size_t utf16_units(const std::string& text) {
  std::size_t count = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0U) != 0x80U) count += byte >= 0xF0U ? 2 : 1;
  }
  return count;
}

}  // namespace

LineStandIn::LineStandIn(int port, std::string channel_access_token)
    : access_token_(std::move(channel_access_token)),
      server_([this](const ServerRequest& request) { return answer(request); }, HttpsServer::plain_on(port)) {
}

std::vector<std::string> LineStandIn::complaints() const {
  const std::lock_guard lock(mutex_);
  return complaints_;
}

std::string LineStandIn::text_for(const std::string& reply_token) const {
  const std::lock_guard lock(mutex_);
  const auto found = texts_.find(reply_token);
  return found == texts_.end() ? "" : found->second;
}

std::string LineStandIn::complaint_about(const ServerRequest& request) {
  if (request.method != "POST" || request.target != "/v2/bot/message/reply") return "Not found";
  const auto type = request.headers.find("content-type");
  if (type == request.headers.end() || type->second != "application/json") return "Unsupported media type";
  const auto body = json::Document::parse(request.body);
  const auto messages = body.root().find("messages");
  if (!messages || !messages->is_array()) return "messages";
  const auto items = messages->items();
  if (items.empty() || items.size() > kMostMessages) return "messages";
  std::string shown;
  for (const auto& message : items) {
    const std::string text = text_in(message, "text");
    if (text_in(message, "type") != "text" || text.empty() || utf16_units(text) > kLongestText)
      return "messages";
    shown += text;
  }
  // Each reply token is good once.
  const std::string token = text_in(body.root(), "replyToken");
  if (token.empty() || !texts_.emplace(token, shown).second) return "Invalid reply token";
  return "";
}

ServerAnswer LineStandIn::answer(const ServerRequest& request) {
  const std::lock_guard lock(mutex_);
  ServerAnswer answer;
  answer.delay = delay_.load();
  const auto authorization = request.headers.find("authorization");
  if (authorization == request.headers.end() || authorization->second != "Bearer " + access_token_) {
    complaints_.emplace_back("Authentication failed");
    answer.status = 401;
    return answer;
  }
  std::string complaint;
  try {
    complaint = complaint_about(request);
  } catch (const Error&) {
    complaint = "The request body has 1 error(s)";  // no JSON
  }
  answer.body = "{}";
  if (complaint.empty()) return answer;
  complaints_.push_back(complaint);
  answer.status = 400;
  answer.body = json::Object().add("message", complaint).str();
  return answer;
}

}  // namespace gatehouse::support
