#include "handlers/coze.h"

#include "base/error.h"
#include "base/log.h"
#include "flows/coze.h"
#include "handlers/body.h"
#include "outbound/share.h"

namespace gatehouse::handlers::coze {

namespace {

constexpr std::size_t kLongestKeyId = 256;
constexpr std::size_t kLongestApiKey = 4096;
// What seed 003 takes where nothing is said, and the most.
constexpr std::int64_t kUsualDuration = 86400;

using Kind = flows::CozeAnswer::Kind;

fcgi::Response as_it_came(int status, const std::string& body) {
  fcgi::Response response;
  response.status = status;
  response.body = body;
  return fcgi::no_store(std::move(response));
}

fcgi::Response refused(const fcgi::Request& request, const flows::CozeAnswer& answer) {
  log::info(
      "coze_refused",
      json::Object().add("request_id", request.request_id).add("is_json", answer.kind == Kind::refused));
  if (answer.kind == Kind::refused) return as_it_came(502, answer.body);
  return fcgi::json(502, json::Object()
                             .add("error", "Coze answered with no token")
                             .add("message", answer.body)
                             .add("request_id", request.request_id));
}

}  // namespace

// POST /token -> 200, Coze's answer as it came.
fcgi::Response exchange(const fcgi::Request& request, Services& services) {
  if (!services.coze.is_set()) throw Error(Errc::not_found).with_message("Coze is not configured here");
  const Body body = Body::json(request);
  const std::string kid = body.line("public_key", kLongestKeyId);
  const std::string api_key = body.text("coze_api_key", kLongestApiKey);
  const auto duration = body.optional_integer("duration_seconds", 1, kUsualDuration).value_or(kUsualDuration);
  if (!services.coze.is_api_key(api_key)) throw Error(Errc::invalid_token, "Invalid coze_api_key");
  const auto key = services.coze.key(kid);
  if (!key) throw Error(Errc::invalid_request, "\"public_key\" names no key that is set here");
  const auto answer = flows::coze_token(services.db, services.https, services.seal, services.coze, *key,
                                        duration, services.clock, {}, services.share);
  if (answer.kind == Kind::token) return as_it_came(200, answer.body);
  if (answer.kind == Kind::nothing)
    throw Error(Errc::internal, "Coze could not be reached", answer.body).with_message("Try again later");
  if (answer.kind == Kind::crowded)
    throw Error(Errc::unavailable, "Coze has not answered others yet")
        .with_retry_after(static_cast<int>(outbound::kAfterTheCrowd.count()));
  return refused(request, answer);
}

}  // namespace gatehouse::handlers::coze
