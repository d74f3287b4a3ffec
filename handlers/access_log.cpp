#include "handlers/access_log.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "flows/live_token.h"
#include "handlers/authenticate.h"
#include "handlers/gate.h"

namespace gatehouse::handlers {

namespace {

constexpr std::size_t kLongestEndpoint = 2048;
constexpr std::size_t kLongestUserAgent = 512;

// Without what is long enough to be a secret that somebody put there by mistake: administrators of other
// services read this. (nginx's log stops at the same length.)
std::string without_long_parts(std::string_view path) {
  constexpr std::size_t kLongestPart = 30;
  std::string out;
  while (!path.empty()) {
    const auto end = std::min(path.find('/', 1), path.size());
    out += end > kLongestPart + 1 ? std::string_view("/...") : path.substr(0, end);
    path.remove_prefix(end);
  }
  return out;
}

bool is_gate(const fcgi::Request& request) { return request.route_pattern == gate::kPath; }

std::string method_of(const fcgi::Request& request) {
  const bool is_head = is_gate(request) ? request.gate_method == "HEAD" : request.head;
  if (is_head) return "HEAD";
  return std::string(
      fcgi::name_of(is_gate(request) ? fcgi::parse_method(request.gate_method) : request.method));
}

// What nginx makes of it for the client.
int status_of(const fcgi::Request& request, const fcgi::Response& response) {
  return is_gate(request) && gate::is_unavailable(response) ? 503 : response.status;
}

db::access_log::Entry entry_of(const fcgi::Request& request, int status, std::chrono::microseconds took,
                               Time now) {
  db::access_log::Entry entry;
  entry.client_id = request.caller.subject;
  // Before somebody else's program: the request that nginx has asked about.
  const std::string& path = is_gate(request) ? request.gate_path : request.path;
  entry.endpoint = without_long_parts(std::string_view(path).substr(0, kLongestEndpoint));
  entry.method = method_of(request);
  entry.status_code = status;
  entry.response_time_ms = std::chrono::round<std::chrono::milliseconds>(took).count();
  entry.ip_address = request.client_address;
  entry.user_agent = request.user_agent.substr(0, kLongestUserAgent);
  entry.created_at = now;
  return entry;
}

void run_after(fcgi::Response& response, std::function<void()> work) {
  if (!response.after) {
    response.after = std::move(work);
    return;
  }
  response.after = [first = std::move(response.after), second = std::move(work)] {
    first();
    second();
  };
}

// Whose service JWT this is. Where PostgreSQL is away (the answer was 503) nobody can know whether it was
// revoked: its signature and its time must do.
std::optional<crypto::Claims> claims_of(std::string_view token, const db::access_log::Entry& entry,
                                        Services& services) {
  if (entry.status_code == 503) return services.keys.check(flows::Kind::service, token, entry.created_at);
  return flows::live_claims(services.revocations, token_keys(services, token), flows::Kind::service, token,
                            entry.created_at);
}

// Where the request was refused before anybody asked for its credential (no such route, a body too large), or
// the route wanted another kind, the token has not been looked at yet. That costs a question to the database,
// so it is done when the client has its answer.
void note_if_service(fcgi::Response& response, std::string token, db::access_log::Entry entry,
                     Services& services) {
  run_after(response, [token = std::move(token), entry = std::move(entry), &services]() mutable {
    const auto claims = claims_of(token, entry, services);
    if (!claims) return;
    entry.client_id = claims->subject;
    services.access_log.note(std::move(entry));
  });
}

}  // namespace

void observe(const fcgi::Request& request, const fcgi::Route<Services>* row, fcgi::Response& response,
             std::chrono::microseconds took, Services& services) {
  const fcgi::Who caller = request.caller.kind;
  const bool looks_at_none = row != nullptr && row->who == fcgi::Who::open && !is_gate(request);
  if (caller == fcgi::Who::service) {
    services.access_log.note(entry_of(request, response.status, took, services.clock.now()));
  } else if (caller == fcgi::Who::open && !looks_at_none) {
    const auto token = bearer_credential(request);
    if (token) {
      note_if_service(response, std::string(*token),
                      entry_of(request, status_of(request, response), took, services.clock.now()), services);
    }
  }
  if (services.access_log.is_due(std::chrono::steady_clock::now())) {
    run_after(response,
              [&services] { services.access_log.flush(services.db, std::chrono::steady_clock::now()); });
  }
}

}  // namespace gatehouse::handlers
