#include "tests/support/provider.h"

#include <thread>
#include <utility>

#include "base/json.h"
#include "crypto/random.h"
#include "fcgi/form.h"

namespace gatehouse::support {

namespace {

using std::chrono::seconds;

constexpr seconds kThreeMonths{90L * 86400};

// JSON or a form, as the two kinds of API take it.
std::string member_of(const ServerRequest& request, const std::string& name) {
  const auto type = request.headers.find("content-type");
  if (type != request.headers.end() && type->second.starts_with("application/json")) {
    const auto document = json::Document::parse(request.body);
    const auto member = document.root().find(name);
    return member ? std::string(member->text().value_or("")) : "";
  }
  return std::string(fcgi::parse_form(request.body).find(name).value_or(""));
}

ServerAnswer refused(int status, const std::string& error) {
  ServerAnswer answer;
  answer.status = status;
  answer.body = json::Object().add("error", error).add("error_description", "as asked for").str();
  return answer;
}

ServerAnswer hung_up() {
  ServerAnswer answer;
  answer.hang_up = true;
  return answer;
}

}  // namespace

Provider::Provider(HttpsServer::Options options)
    : mark_(crypto::random_id(8) + "-"),
      server_([this](const ServerRequest& request) { return answer(request); }, std::move(options)) {}

std::string Provider::new_grant() {
  const std::lock_guard lock(mutex_);
  const std::string number = std::to_string(++made_);
  std::string token = "upstream-refresh-" + mark_ + number;
  grants_[number] = {token, "", seconds(0), clock_, false, {}};
  owner_[token] = number;
  return token;
}

void Provider::adopt(const std::string& refresh_token) {
  const std::lock_guard lock(mutex_);
  const std::string number = std::to_string(++made_);
  grants_[number] = {refresh_token, "", seconds(0), clock_, false, {}};
  owner_[refresh_token] = number;
}

void Provider::next(Mishap mishap, std::chrono::milliseconds delay) {
  const std::lock_guard lock(mutex_);
  events_.push_back({mishap, delay});
}
void Provider::from_now_on(Mishap mishap, std::chrono::milliseconds delay) {
  const std::lock_guard lock(mutex_);
  always_ = {mishap, delay};
}
void Provider::later(seconds by) {
  const std::lock_guard lock(mutex_);
  clock_ += by;
}
void Provider::rewrite_next(std::function<void(ServerAnswer&)> rewrite) {
  const std::lock_guard lock(mutex_);
  rewrite_ = std::move(rewrite);
}
void Provider::set_grace(seconds grace) {
  const std::lock_guard lock(mutex_);
  grace_ = grace;
}
void Provider::set_lifetime(int life) {
  const std::lock_guard lock(mutex_);
  lifetime_ = life;
}
int Provider::thefts() const {
  const std::lock_guard lock(mutex_);
  return thefts_;
}

const Provider::Grant* Provider::grant_of(const std::string& token) const {
  const auto owner = owner_.find(token);
  return owner == owner_.end() ? nullptr : &grants_.at(owner->second);
}

bool Provider::is_good(const Grant& grant, const std::string& token) const {
  if (grant.ended) return false;
  if (token == grant.current) return clock_ - grant.issued_at < kThreeMonths;
  return token == grant.used_last && clock_ - grant.used_at < grace_;
}

bool Provider::accepts(const std::string& refresh_token) const {
  const std::lock_guard lock(mutex_);
  const Grant* grant = grant_of(refresh_token);
  return grant != nullptr && is_good(*grant, refresh_token);
}

void Provider::hang_for(const std::string& text, std::chrono::milliseconds delay) {
  const std::lock_guard lock(mutex_);
  hangs_for_ = text;
  hangs_ = delay;
}

Provider::Event Provider::take_event(const std::string& body) {
  const std::lock_guard lock(mutex_);
  if (!hangs_for_.empty() && body.find(hangs_for_) != std::string::npos) return {Mishap::hanging, hangs_};
  if (events_.empty()) return always_;
  const Event event = events_.front();
  events_.pop_front();
  return event;
}

ServerAnswer Provider::rotate(const std::string& token) {
  const std::lock_guard lock(mutex_);
  const auto owner = owner_.find(token);
  if (owner == owner_.end()) return refused(401, "login_required");
  Grant& grant = grants_.at(owner->second);
  if (!is_good(grant, token)) {
    // What was replaced before it was ever used is harmless; one that was used, and is not the one used last,
    // was stolen.
    if (grant.used.contains(token) && (token != grant.used_last || grace_ == seconds(0))) {
      ++thefts_;
      grant.ended = true;
    }
    return refused(401, "login_required");
  }
  if (token == grant.current) {
    grant.used_last = token;
    grant.used_at = clock_;
    grant.used.insert(token);
  }
  const std::string number = std::to_string(++made_);
  grant.current = "upstream-refresh-" + mark_ + number;
  grant.issued_at = clock_;
  owner_[grant.current] = owner->second;
  ServerAnswer answer;
  answer.body = json::Object()
                    .add("access_token", "upstream-access-" + mark_ + number)
                    .add("refresh_token", grant.current)
                    .add("id_token", "x")
                    .add("expires_in", lifetime_)
                    .add("token_type", "Bearer")
                    .str();
  if (rewrite_) std::exchange(rewrite_, nullptr)(answer);
  return answer;
}

bool Provider::wait_for(std::chrono::milliseconds delay) const {
  const auto end = std::chrono::steady_clock::now() + delay;
  while (!ends_ && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  return !ends_;
}

ServerAnswer Provider::answer(const ServerRequest& request) {
  const Event event = take_event(request.body);
  const std::string token = member_of(request, "refresh_token");
  switch (event.mishap) {
    case Mishap::html_403:
      return {403, "<html>Access denied</html>", {{"Content-Type", "text/html"}}};
    case Mishap::limited: {
      auto limited = refused(429, "too many requests");
      const auto wait = std::chrono::duration_cast<std::chrono::seconds>(event.delay).count();
      limited.headers.emplace_back("Retry-After", std::to_string(wait == 0 ? 7 : wait));
      return limited;
    }
    case Mishap::server_error:
      return refused(503, "server_error");
    case Mishap::login_required:
      return refused(401, "login_required");
    case Mishap::invalid_client:
      return refused(401, "invalid_client");
    case Mishap::redirect:
      return {302, "", {{"Location", "https://127.0.0.1:1/"}}};
    case Mishap::hanging:
      if (wait_for(event.delay)) break;
      return hung_up();
    default:
      break;
  }
  ServerAnswer answer = rotate(token);
  if (event.mishap == Mishap::lost_answer) answer.hang_up = true;
  if (event.mishap == Mishap::half_answer) answer.by_half = true;
  if (event.mishap == Mishap::wrong_json) answer.body = R"({"access_token":7})";
  if (event.mishap == Mishap::slow) answer.delay = event.delay;
  return answer;
}

}  // namespace gatehouse::support
