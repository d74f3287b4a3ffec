#include "handlers/internal.h"

#include "base/error.h"
#include "flows/token_pair.h"
#include "handlers/body.h"
#include "handlers/tokens.h"

namespace gatehouse::handlers::internal {

namespace {

// The caller's own number of the user, or one of our users.
std::string subject_of(const Body& body) {
  if (!body.is_text("user_id")) return std::to_string(body.positive_int32("user_id"));
  const auto id = UserId::parse(body.text("user_id", 64));
  if (!id)
    throw Error(Errc::invalid_request, R"("user_id" must be an integer from 1 to 2147483647, or usr_…)");
  return id->str();
}

}  // namespace

// POST /api/internal/auth/token -> 200. A pair, as /token/generate makes it.
fcgi::Response issue_token(const fcgi::Request& request, Services& services) {
  const std::string subject = subject_of(Body::json(request));
  return tokens::pair_answer(flows::generate_pair(services.db, token_keys(services), services.times,
                                                  request.caller.subject, subject, services.clock.now()));
}

}  // namespace gatehouse::handlers::internal
