#include "handlers/line.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "base/base64.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "crypto/digest.h"
#include "db/line.h"
#include "db/outbox.h"
#include "flows/line_commands.h"
#include "flows/line_reply.h"
#include "flows/outbox.h"

namespace gatehouse::handlers::line {

namespace {

struct Event {
  std::string id;
  std::string reply_token;
  flows::LineMessage message;
};

std::string text_in(const std::optional<json::Value>& object, std::string_view name) {
  const auto member = object ? object->find(name) : std::nullopt;
  const auto text = member ? member->text() : std::nullopt;
  return std::string(text.value_or(""));
}

bool is_admin(const Services& services, const std::string& user_id) {
  const auto& admins = services.config.line_admin_user_ids;
  return std::find(admins.begin(), admins.end(), user_id) != admins.end();
}

// What LINE has signed says when it happened.
bool is_recent(const json::Value& event, const Services& services) {
  const auto member = event.find("timestamp");
  const auto happened_at = member ? member->integer() : std::nullopt;
  return happened_at && flows::is_recent_event(*happened_at, services.clock.now());
}

// A text that an administrator wrote and that may be answered; everything else is nobody's business.
std::optional<Event> event_in(const json::Value& value, const Services& services) {
  const auto source = value.find("source");
  const auto message = value.find("message");
  Event event{text_in(value, "webhookEventId"),
              text_in(value, "replyToken"),
              {text_in(source, "userId"), text_in(message, "text"), text_in(source, "type") == "user"}};
  const bool is_text = text_in(value, "type") == "message" && text_in(message, "type") == "text";
  if (!is_text || text_in(value, "mode") == "standby" || event.id.empty() || event.reply_token.empty())
    return std::nullopt;
  if (event.id.size() > 128 || event.reply_token.size() > 512 || !is_admin(services, event.message.user_id))
    return std::nullopt;
  return event;
}

// Of the body as it came: another writing of the same JSON has another signature.
void check_signature(const fcgi::Request& request, const Services& services) {
  const auto given = base64_decode(request.line_signature);
  const std::string own = crypto::hmac_sha256(services.config.line_channel_secret.reveal(), request.body);
  if (!given || !crypto::equal_constant_time(*given, own))
    throw Error(Errc::invalid_token, "Invalid signature");
}

std::vector<Event> events_in(const fcgi::Request& request, const Services& services) {
  const auto body = json::Document::parse(request.body);
  const auto listed = body.root().find("events");
  if (!listed || !listed->is_array()) throw Error(Errc::invalid_request, "\"events\" must be an array");
  std::vector<Event> events;
  for (const auto& value : listed->items()) {
    auto event = event_in(value, services);
    if (!event) continue;
    if (is_recent(value, services)) {
      events.push_back(std::move(*event));
    } else {
      log::info("line_event_too_old", json::Object().add("request_id", request.request_id));
    }
  }
  return events;
}

// Those that come for the first time.
std::vector<Event> taken(std::vector<Event> events, Services& services) {
  if (events.empty()) return events;
  std::vector<std::string> ids;
  ids.reserve(events.size());
  for (const auto& event : events) ids.push_back(event.id);
  const auto fresh = db::line::take_events(services.db, ids, services.clock.now());
  std::set<std::string> left(fresh.begin(), fresh.end());
  std::erase_if(events, [&](const Event& event) { return left.erase(event.id) == 0; });
  return events;
}

void answer(const Event& event, const std::string& address, const std::string& request_id,
            Services& services) {
  const Time now = services.clock.now();
  const flows::Reveal reveal{services.seal, services.config.devtoken_reveal};
  const auto text = flows::line_command(services.db, reveal, event.message,
                                        {event.message.user_id, address, request_id}, now);
  if (!text) return;
  const auto body = flows::line_reply(event.reply_token, *text);
  db::outbox::insert(services.db, flows::outbox_message(services.seal, flows::kLineReplyKind, body,
                                                        flows::kLineReplyLives, now));
}

// What goes wrong with one takes no other along.
void answer_alone(const Event& event, const std::string& address, const std::string& request_id,
                  Services& services) {
  try {
    answer(event, address, request_id, services);
  } catch (const Error& error) {
    log::error("line_command_failed",
               json::Object().add("request_id", request_id).add("cause", error.cause()));
  }
}

}  // namespace

// POST /line/webhook -> 200 at once; the commands run when LINE has its answer, their replies go by the
// outbox.
fcgi::Response webhook(const fcgi::Request& request, Services& services) {
  if (services.config.line_channel_secret.empty()) throw Error(Errc::not_found);
  check_signature(request, services);
  auto events = taken(events_in(request, services), services);
  auto response = fcgi::json(200, json::Object());
  if (events.empty()) return response;
  response.after = [events = std::move(events), address = request.client_address,
                    request_id = request.request_id, &services] {
    for (const auto& event : events) answer_alone(event, address, request_id, services);
  };
  return response;
}

}  // namespace gatehouse::handlers::line
