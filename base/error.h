// Every failure that a client can meet: one enum, one table, one exception.
// An Error carries a text fit for strangers and, apart from it, a cause that only the log sees.
#pragma once

#include <array>
#include <exception>
#include <string>
#include <string_view>

namespace gatehouse {

enum class Errc {
  invalid_request,
  invalid_json,
  invalid_scope,
  unsupported_grant_type,
  invalid_token,
  invalid_client,
  invalid_grant,
  insufficient_scope,
  not_found,
  method_not_allowed,
  conflict,
  payload_too_large,
  unsupported_media_type,
  too_many_requests,
  internal,
  bad_gateway,
  unavailable,
};

// What the `WWW-Authenticate` header of an answer offers.
enum class Challenge { none, basic, bearer };

struct ErrorRow {
  Errc code;
  int status;
  std::string_view oauth;  // RFC 6749 section 5.2, RFC 6750 section 3.1
  std::string_view text;   // shown when the thrower gave none
  Challenge challenge = Challenge::none;
  int retry_after = 0;  // seconds; 0: no Retry-After
};

// clang-format off
inline constexpr std::array kErrors{
    ErrorRow{Errc::invalid_request,        400, "invalid_request",         "Invalid request"},
    ErrorRow{Errc::invalid_json,           400, "invalid_request",         "The body is not valid JSON"},
    ErrorRow{Errc::invalid_scope,          400, "invalid_scope",           "Scope is unknown or not granted"},
    ErrorRow{Errc::unsupported_grant_type, 400, "unsupported_grant_type",  "Only client_credentials is supported"},
    ErrorRow{Errc::invalid_token,          401, "invalid_token",           "Invalid token", Challenge::bearer},
    ErrorRow{Errc::invalid_client,         401, "invalid_client",          "Client not found", Challenge::basic},
    ErrorRow{Errc::invalid_grant,          401, "invalid_grant",           "Invalid refresh token"},
    ErrorRow{Errc::insufficient_scope,     403, "insufficient_scope",      "Insufficient scope"},
    ErrorRow{Errc::not_found,              404, "not_found",               "Not found"},
    ErrorRow{Errc::method_not_allowed,     405, "invalid_request",         "Method not allowed"},
    ErrorRow{Errc::conflict,               409, "invalid_request",         "Already taken"},
    ErrorRow{Errc::payload_too_large,      413, "invalid_request",         "The body is too large"},
    ErrorRow{Errc::unsupported_media_type, 415, "invalid_request",         "Unsupported content type"},
    ErrorRow{Errc::too_many_requests,      429, "temporarily_unavailable", "Too many requests", Challenge::none, 1},
    ErrorRow{Errc::internal,               500, "server_error",            "Internal server error"},
    ErrorRow{Errc::bad_gateway,            502, "server_error",            "The provider refused"},
    ErrorRow{Errc::unavailable,            503, "temporarily_unavailable", "Temporarily unavailable", Challenge::none, 1},
};
// clang-format on

constexpr bool every_code_has_its_row() {
  for (std::size_t i = 0; i < kErrors.size(); ++i) {
    if (kErrors[i].code != static_cast<Errc>(i)) return false;
  }
  return static_cast<std::size_t>(Errc::unavailable) + 1 == kErrors.size();
}
static_assert(every_code_has_its_row(), "kErrors must list every Errc once, in the order of the enum");

constexpr const ErrorRow& row_of(Errc code) { return kErrors[static_cast<std::size_t>(code)]; }

class Error : public std::exception {
 public:
  // `text` is shown to the client (the row's own where empty); `cause` goes to the log and nowhere else.
  explicit Error(Errc code, std::string text = {}, std::string cause = {});

  // More to say to the client: the body's `message`.
  Error with_message(std::string message) &&;
  // For answers that say when to come again; seconds.
  Error with_retry_after(int seconds) &&;

  Errc code() const { return code_; }
  const ErrorRow& row() const { return row_of(code_); }
  const std::string& text() const { return text_; }
  const std::string& message() const { return message_; }
  const std::string& cause() const { return cause_; }
  int retry_after() const { return retry_after_; }

  // For the log: code and cause.
  const char* what() const noexcept override { return what_.c_str(); }

 private:
  Errc code_;
  std::string text_;
  std::string message_;
  std::string cause_;
  int retry_after_;
  std::string what_;
};

}  // namespace gatehouse
