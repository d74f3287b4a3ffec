#include "flows/outbox.h"

#include <algorithm>
#include <array>

#include "base/json.h"
#include "base/log.h"
#include "crypto/random.h"

namespace gatehouse::flows {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPatience{10'000};  // with one call
constexpr Seconds kLease{15};              // another keeper tries when this one has died over it

std::string aad(const std::string& id) { return "outbox.sealed:" + id; }

void tell(std::string_view event, const db::outbox::Message& message, const std::string& why) {
  log::info(event, json::Object()
                       .add("message_id", message.id)
                       .add("kind", message.kind)
                       .add("attempts", message.attempts)
                       .add("why", why));
}

// 1, 2, 4, … seconds, and what the other side asked for, within reason: a message has its deadline.
constexpr Seconds kLongestObeyed{3600};
Time again_at(const db::outbox::Message& message, const outbound::Answer& answer, Time now) {
  const Seconds pause{1LL << std::min(message.attempts - 1, 8)};
  return now + std::max(pause, std::min(answer.retry_after().value_or(Seconds(0)), kLongestObeyed));
}

// What will not get better by being said again. A receiver that is just being set up (a redirect, a proxy
// that wants a credential, no route yet) will, until the message's deadline.
bool is_final(int status) {
  constexpr std::array kPassing{401, 403, 404, 407, 408, 409, 421, 423, 425, 429};
  return status >= 400 && status < 500 &&
         std::find(kPassing.begin(), kPassing.end(), status) == kPassing.end();
}

}  // namespace

db::outbox::Message outbox_message(const crypto::SealKeys& seal, std::string_view kind, std::string_view body,
                                   Seconds lives, Time now) {
  db::outbox::Message message;
  message.id = crypto::random_token(18);
  message.kind = kind;
  message.sealed = crypto::seal(seal, body, aad(message.id));
  message.created_at = now;
  message.deadline = now + lives;
  return message;
}

void Outbox::round(db::Connection& db, Time now, milliseconds patience) {
  const int room = kAtOnce - static_cast<int>(under_way_.size());
  if (room > 0 && !endpoints_.empty()) {
    for (const auto& message : db::outbox::take_due(db, kinds(), now, now + kLease, room))
      start(db, message, now);
  }
  if (!under_way_.empty()) settle_ended(db, now, patience);
}

void Outbox::drain(db::Connection& db, const Clock& clock, milliseconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!under_way_.empty() && std::chrono::steady_clock::now() < end)
    settle_ended(db, clock.now(), milliseconds(200));
}

void Outbox::settle_ended(db::Connection& db, Time now, milliseconds patience) {
  for (auto ended = https_.wait_any(patience); ended; ended = https_.wait_any(milliseconds(0))) {
    const auto answer = https_.wait(*ended, milliseconds(0));
    const auto found = under_way_.find(*ended);
    if (!answer || found == under_way_.end()) return;
    const db::outbox::Message message = found->second;
    under_way_.erase(found);
    settle(db, message, *answer, now);
  }
}

// Another host may have an endpoint that this one has not.
std::vector<std::string> Outbox::kinds() const {
  std::vector<std::string> all;
  for (const auto& [kind, endpoint] : endpoints_) all.push_back(kind);
  return all;
}

void Outbox::start(db::Connection& db, const db::outbox::Message& message, Time now) {
  const auto body = crypto::open(seal_, message.sealed, aad(message.id));
  if (message.deadline <= now || !body) {
    tell("outbox_given_up", message, body ? "its deadline has passed" : "no entry of VAULT_KEYS opens it");
    db::outbox::remove(db, message.id);
    return;
  }
  auto call = endpoints_.at(message.kind)(*body);
  call.deadline = std::min(kPatience, std::chrono::ceil<milliseconds>(message.deadline - now));
  under_way_.emplace(https_.start(call), message);
}

void Outbox::settle(db::Connection& db, const db::outbox::Message& message, const outbound::Answer& answer,
                    Time now) {
  const bool sent = answer.ok() && answer.status >= 200 && answer.status < 300;
  const Time next = again_at(message, answer, now);
  if (sent || (answer.ok() && is_final(answer.status)) || next >= message.deadline) {
    const std::string why = answer.ok() ? "status " + std::to_string(answer.status) : answer.why;
    tell(sent ? "outbox_sent" : "outbox_given_up", message, why);
    db::outbox::remove(db, message.id);
  } else {
    db::outbox::postpone(db, message.id, next);
  }
}

}  // namespace gatehouse::flows
