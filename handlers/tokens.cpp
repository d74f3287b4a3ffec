#include "handlers/tokens.h"

#include <charconv>

#include "flows/live_token.h"
#include "flows/refresh.h"
#include "flows/revocation.h"
#include "handlers/body.h"
#include "handlers/render.h"

namespace gatehouse::handlers::tokens {

namespace {

// The seed's int32; 0 for a subject that is no number, such as usr_….
int number_of(const std::string& subject) {
  int number = 0;
  const char* end = subject.data() + subject.size();
  const auto [rest, failure] = std::from_chars(subject.data(), end, number);
  return failure == std::errc{} && rest == end ? number : 0;
}

}  // namespace

fcgi::Response pair_answer(const flows::TokenPair& pair) {
  return fcgi::no_store(
      fcgi::json(200, json::Object()
                          .add("base", base_success())
                          .add("access_token", pair.access_token)
                          .add("refresh_token", pair.refresh_token)
                          .add("expires_in", static_cast<std::int64_t>(pair.expires_in.count()))));
}

// POST /token/generate -> 200. The pair for the caller's own user number.
fcgi::Response generate(const fcgi::Request& request, Services& services) {
  const Body body = Body::json_or_form(request);
  const auto user_id = body.positive_int32("user_id");
  return pair_answer(flows::generate_pair(services.db, token_keys(services), services.times,
                                          request.caller.subject, user_id, services.clock.now()));
}

// POST /token/refresh -> 200. The refresh token is the credential.
fcgi::Response refresh(const fcgi::Request& request, Services& services) {
  const Body body = Body::json_or_form(request);
  const std::string token = body.text("refresh_token", kLongestToken);
  return pair_answer(flows::refresh(services.db, services.replays, token_keys(services), services.times,
                                    actor_of(request), token, services.clock.now()));
}

// POST /token/verify -> 200, also for a bad token: the answer is in is_valid.
fcgi::Response verify(const fcgi::Request& request, Services& services) {
  const Body body = Body::json_or_form(request);
  const std::string token = body.text("token", kLongestToken);
  const auto claims = flows::live_claims(services.revocations, token_keys(services, token),
                                         flows::Kind::access, token, services.clock.now());
  json::Object answer;
  answer.add("base", base_success()).add("is_valid", claims.has_value());
  const int user_id = claims ? number_of(claims->subject) : 0;
  answer.add("user_id", user_id);
  if (claims && user_id == 0) answer.add("sub", claims->subject);
  return fcgi::no_store(fcgi::json(200, answer));
}

// POST /token/revoke -> 200, whatever the token was (RFC 7009 section 2.2).
fcgi::Response revoke(const fcgi::Request& request, Services& services) {
  const Body body = Body::json_or_form(request);
  const std::string token = body.text("token", kLongestToken);
  const flows::Actor actor = actor_of(request);
  const flows::Revoker who{actor, request.caller.has_scope("internal:admin")};
  flows::revoke_token(services.db, token_keys(services, token), who, token, services.clock.now());
  return fcgi::no_store(fcgi::json(200, json::Object().add("base", base_success())));
}

}  // namespace gatehouse::handlers::tokens
