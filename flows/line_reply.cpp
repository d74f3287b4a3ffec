#include "flows/line_reply.h"

#include "base/json.h"

namespace gatehouse::flows {

std::string line_reply(std::string_view reply_token, std::string_view text) {
  json::Array messages;
  messages.add(json::Object().add("type", "text").add("text", text));
  return json::Object().add("replyToken", reply_token).add("messages", messages).str();
}

outbound::Call line_reply_call(const std::string& origin, const Secret& access, const std::string& body) {
  outbound::Call call;
  call.url = origin + "/v2/bot/message/reply";
  call.headers = {{"Authorization", "Bearer " + std::string(access.reveal())},
                  {"Content-Type", "application/json"}};
  call.body = body;
  return call;
}

}  // namespace gatehouse::flows
