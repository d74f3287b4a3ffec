#include "handlers/gate.h"

#include <algorithm>
#include <string>
#include <utility>

#include "flows/gate.h"
#include "handlers/authenticate.h"

namespace gatehouse::handlers::gate {

namespace {

constexpr const char* kUnavailable = "unavailable";

fcgi::Response refusal(int status, const char* reason) {
  auto response = fcgi::json(status, json::Object().add("error", reason));
  response.set_default("X-Auth-Reason", reason);
  // nginx passes it on with its 401.
  if (status == 401) response.set_default("WWW-Authenticate", R"(Bearer realm="gatehouse")");
  return response;
}

}  // namespace

fcgi::Response unavailable() { return refusal(403, kUnavailable); }

bool is_unavailable(const fcgi::Response& response) {
  return std::find(response.headers.begin(), response.headers.end(),
                   std::pair<std::string, std::string>("X-Auth-Reason", kUnavailable)) !=
         response.headers.end();
}

// GET /.gate/token -> 204, 401 or 403. Only nginx asks, with what the location requires.
fcgi::Response ask(const fcgi::Request& request, Services& services) {
  const Time now = services.clock.now();
  // Of two Authorization headers the program behind may take the other one.
  const auto credential =
      request.authorization_repeated ? std::string_view{} : bearer_credential(request).value_or("");
  // Without a credential there is nothing to look up, and the answer is known whatever else is away.
  const auto& keys = credential.empty() ? services.keys : token_keys(services, credential);
  const auto answer =
      flows::ask_gate(services.db, services.credentials, keys, request.gate_requires, credential, now);
  if (answer.verdict == flows::GateVerdict::bad_credential) return refusal(401, "bad credential");
  if (answer.verdict == flows::GateVerdict::not_enough) return refusal(403, "not enough");
  if (answer.who.kind == "devtoken") services.token_uses.note(answer.who.subject, now);
  fcgi::Response response;
  response.status = 204;
  response.headers = {{"X-Auth-Kind", answer.who.kind},
                      {"X-Auth-Subject", answer.who.subject},
                      {"X-Auth-Tenant", answer.who.tenant},
                      {"X-Auth-Scopes", answer.who.scopes}};
  return response;
}

}  // namespace gatehouse::handlers::gate
