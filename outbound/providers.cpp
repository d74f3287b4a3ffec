#include "outbound/providers.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/error.h"
#include "base/json.h"
#include "base/percent_encode.h"

namespace gatehouse::outbound {

namespace {

constexpr std::size_t kLongestToken = 16384;
// RFC 6749 section 5.1 only recommends expires_in.
constexpr Seconds kUsualLifetime{3600};
constexpr Seconds kLongestLifetime{366L * 86400};

// RFC 6749 section 5.2; OpenID Connect Core section 3.1.2.6 for the three that send the user back to a login.
constexpr std::array kErrorClasses{
    ErrorClass{"invalid_grant", Refusal::needs_login},
    ErrorClass{"login_required", Refusal::needs_login},
    ErrorClass{"consent_required", Refusal::needs_login},
    ErrorClass{"interaction_required", Refusal::needs_login},
    ErrorClass{"access_denied", Refusal::needs_login},
    ErrorClass{"server_error", Refusal::temporary},
    ErrorClass{"temporarily_unavailable", Refusal::temporary},
    ErrorClass{"slow_down", Refusal::limited},
};

std::string form_encoded(std::string_view text) { return percent_encode(text, "-_."); }

std::optional<json::Document> parsed(std::string_view body) {
  try {
    return json::Document::parse(body);
  } catch (const Error&) {
    return std::nullopt;
  }
}

TokenAnswer temporary(std::string why) { return {std::nullopt, Refusal::temporary, {}, std::move(why)}; }

std::optional<double> number_in(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Providers write it as 3600, "3600" or 3600.0, or leave it out. Nobody can say what else it means, and a
// pair is worth more than to know how long it lives.
Seconds lifetime_in(const json::Value& root) {
  const auto member = root.find("expires_in");
  if (!member) return kUsualLifetime;
  const auto text = member->text();
  const auto seconds = text ? number_in(*text) : member->number();
  if (!seconds || !std::isfinite(*seconds)) return kUsualLifetime;
  const double bounded = std::clamp(*seconds, 1.0, static_cast<double>(kLongestLifetime.count()));
  return Seconds(static_cast<std::int64_t>(bounded));
}

// Empty where there is none that can be used, which for a refresh token is as if none was sent: the one
// before goes on (RFC 6749 section 6).
Secret token_in(const json::Value& root, std::string_view name) {
  const auto member = root.find(name);
  const auto text = member ? member->text() : std::nullopt;
  return text && text->size() <= kLongestToken ? Secret(std::string(*text)) : Secret();
}

std::optional<Grant> grant_in(const json::Value& root) {
  Grant grant{token_in(root, "access_token"), token_in(root, "refresh_token"), lifetime_in(root)};
  if (grant.access_token.empty() && grant.refresh_token.empty()) return std::nullopt;
  return grant;
}

// What a status says where no known error does.
Refusal refusal_by_status(int status, bool is_json) {
  if (status == 429) return Refusal::limited;
  // A firewall's page, or a server in trouble, says nothing about the token.
  if (status >= 500 || status == 408 || (status == 403 && !is_json)) return Refusal::temporary;
  return Refusal::misconfigured;
}

}  // namespace

Providers::Providers(const Config& config) {
  const std::string scope = "openid email offline_access";
  constexpr Seconds kTeslaGrace{86400};
  const auto add = [&](Provider provider) {
    provider.errors = kErrorClasses;
    providers_.push_back(std::move(provider));
  };
  const bool form = config.tesla_token_format == "form";
  const std::string& client = config.tesla_client_id;
  // clang-format off
  add({"tesla",       config.tesla_token_url,                                     form,  client,     {}, form ? "" : scope, kTeslaGrace, {}});
  add({"tesla-fleet", "https://fleet-auth.prd.vn.cloud.tesla.com/oauth2/v3/token", true,  client,     {}, "",                kTeslaGrace, {}});
  add({"tesla-cn",    "https://auth.tesla.cn/oauth2/v3/token",                     false, "ownerapi", {}, scope,             kTeslaGrace, {}});
  // clang-format on
  if (config.provider_token_url.empty()) return;
  add({"generic",
       config.provider_token_url,
       config.provider_token_format == "form",
       config.provider_client_id,
       config.provider_client_secret,
       config.provider_scope,
       config.provider_grace,
       {}});
}

const Provider* Providers::find(std::string_view name) const {
  const auto found = std::find_if(providers_.begin(), providers_.end(),
                                  [&](const Provider& provider) { return provider.name == name; });
  return found == providers_.end() ? nullptr : &*found;
}

Call refresh_call(const Provider& provider, std::string_view refresh_token) {
  std::vector<std::pair<std::string_view, std::string_view>> members{{"grant_type", "refresh_token"},
                                                                     {"refresh_token", refresh_token}};
  if (!provider.client_id.empty()) members.emplace_back("client_id", provider.client_id);
  if (!provider.client_secret.empty()) members.emplace_back("client_secret", provider.client_secret.reveal());
  if (!provider.scope.empty()) members.emplace_back("scope", provider.scope);
  Call call;
  call.url = provider.token_url;
  json::Object object;
  for (const auto& [name, value] : members) {
    object.add(name, value);
    if (provider.takes_form)
      call.body += (call.body.empty() ? "" : "&") + std::string(name) + "=" + form_encoded(value);
  }
  if (!provider.takes_form) call.body = object.str();
  call.headers = {
      {"Content-Type", provider.takes_form ? "application/x-www-form-urlencoded" : "application/json"},
      {"Accept", "application/json"},
      {"User-Agent", "gatehouse/" GATEHOUSE_VERSION}};
  return call;
}

TokenAnswer read_token_answer(const Provider& provider, const Answer& answer) {
  if (answer.failure == Failure::untrusted || answer.failure == Failure::forbidden)
    return {std::nullopt, Refusal::misconfigured, {}, answer.why};
  if (!answer.ok()) return temporary(answer.why);
  const auto document = parsed(answer.body);
  const bool is_json = document && document->root().is_object();
  if (answer.status >= 200 && answer.status <= 299) {
    auto grant = is_json ? grant_in(document->root()) : std::nullopt;
    if (!grant) return temporary("the answer makes no sense");
    return {std::move(grant), Refusal::temporary, {}, {}};
  }
  TokenAnswer result{std::nullopt, refusal_by_status(answer.status, is_json), answer.retry_after(),
                     "status " + std::to_string(answer.status)};
  const auto member = is_json ? document->root().find("error") : std::nullopt;
  const auto error = member ? member->text() : std::nullopt;
  if (!error || answer.status == 429) return result;
  for (const ErrorClass& row : provider.errors) {
    if (row.error != *error) continue;
    result.refusal = row.means;
    result.why += ", " + std::string(row.error);
  }
  return result;
}

}  // namespace gatehouse::outbound
