// The providers whose tokens can be refreshed, as data: one row each. How they are asked, and what their
// answers mean (RFC 6749 sections 5.1, 5.2 and 6).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/config.h"
#include "base/secret.h"
#include "outbound/https.h"

namespace gatehouse::outbound {

// temporary: try again, with the same token. limited: not before it says. needs_login: this token is of no
// more use. misconfigured: an administrator must look.
enum class Refusal { temporary, limited, needs_login, misconfigured };

struct ErrorClass {
  std::string_view error;
  Refusal means;
};

struct Provider {
  std::string name;
  std::string token_url;
  bool takes_form = false;  // else JSON
  std::string client_id;
  Secret client_secret;  // may be empty
  std::string scope;     // may be empty
  Seconds grace{};       // for how long the token used last still works
  std::span<const ErrorClass> errors;
};

class Providers {
 public:
  explicit Providers(const Config& config);
  const Provider* find(std::string_view name) const;  // nullptr where there is none

 private:
  std::vector<Provider> providers_;
};

struct Grant {
  Secret access_token;   // empty: it could not be read, and the refresh token is all that there is to keep
  Secret refresh_token;  // empty: the old one goes on
  Seconds lifetime{};
};

struct TokenAnswer {
  std::optional<Grant> grant;
  Refusal refusal = Refusal::temporary;  // where there is no grant
  std::optional<std::chrono::seconds> retry_after{};
  std::string why{};  // for the log: a word of RFC 6749, or what happened; never a token
};

Call refresh_call(const Provider& provider, std::string_view refresh_token);
// Half an answer, or one that makes no sense, may mean that the grant rotated: that is temporary. No token
// that can be read is thrown away over what stands beside it.
TokenAnswer read_token_answer(const Provider& provider, const Answer& answer);

}  // namespace gatehouse::outbound
