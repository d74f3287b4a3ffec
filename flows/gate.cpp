#include "flows/gate.h"

#include <algorithm>
#include <array>
#include <vector>

#include "flows/dev_tokens.h"
#include "flows/live_token.h"
#include "flows/scopes.h"
#include "flows/tenants.h"

namespace gatehouse::flows {

namespace {

constexpr std::array<std::string_view, 5> kAny{"devtoken", "user", "access", "service", "tenant_key"};

// What is asked of whom.
struct Asked {
  db::Connection& db;
  Revocations& revocations;
  const TokenKeys& keys;
  std::string_view credential;
  Time now;
};

std::optional<Admission> dev_token(const Asked& asked) {
  const auto owner = find_dev_token(asked.db, asked.credential, asked.now);
  if (!owner) return std::nullopt;
  return Admission{"devtoken", owner->id.str(), owner->tenant.str(), ""};
}

std::optional<Admission> tenant_key(const Asked& asked) {
  const auto owner = find_key_owner(asked.db, asked.credential, asked.now);
  if (!owner) return std::nullopt;
  const bool is_secret = owner->kind == db::tenants::KeyKind::secret_key;
  return Admission{is_secret ? "tenant_secret" : "tenant_key", owner->tenant.str(), owner->tenant.str(), ""};
}

std::optional<Admission> jwt(const Asked& asked, Kind kind, const char* name) {
  const auto claims = live_claims(asked.revocations, asked.keys, kind, asked.credential, asked.now);
  if (!claims || (kind == Kind::user && claims->tenant.empty())) return std::nullopt;
  return Admission{name, claims->subject, claims->tenant, kind == Kind::service ? claims->scope : ""};
}

std::optional<Admission> admission(const Asked& asked, std::string_view word) {
  if (word == "devtoken") return dev_token(asked);
  if (word == "user") return jwt(asked, Kind::user, "user");
  if (word == "access") return jwt(asked, Kind::access, "access");
  if (word == "tenant_key") return tenant_key(asked);
  return jwt(asked, Kind::service, "service");
}

// `service:user:read` wants the scope user:read.
std::string_view scope_in(std::string_view word) {
  return word.starts_with("service:") ? word.substr(8) : std::string_view{};
}

bool is_known(std::string_view word) {
  if (word.starts_with("service:")) return is_scope(scope_in(word));
  return std::find(kAny.begin(), kAny.end(), word) != kAny.end();
}

std::vector<std::string_view> words_of(std::string_view require) {
  std::vector<std::string_view> words;
  while (!require.empty()) {
    const auto end = require.find_first_of(" ,");
    const auto word = require.substr(0, end);
    require = end == std::string_view::npos ? std::string_view{} : require.substr(end + 1);
    if (word == "any") words.insert(words.end(), kAny.begin(), kAny.end());
    if (!word.empty() && word != "any") words.push_back(word);
  }
  return words;
}

}  // namespace

GateAnswer ask_gate(db::Connection& db, Revocations& revocations, const TokenKeys& keys,
                    std::string_view require, std::string_view credential, Time now) {
  const auto words = words_of(require);
  if (words.empty() || !std::all_of(words.begin(), words.end(), is_known)) return {GateVerdict::not_enough};
  const Asked asked{db, revocations, keys, credential, now};
  GateVerdict verdict = GateVerdict::bad_credential;
  if (credential.empty()) return {verdict};
  for (const auto word : words) {
    auto who = admission(asked, word);
    if (!who) continue;
    const auto scope = scope_in(word);
    const auto granted = split_scope(who->scopes);
    if (scope.empty() || std::find(granted.begin(), granted.end(), scope) != granted.end())
      return {GateVerdict::admitted, std::move(*who)};
    verdict = GateVerdict::not_enough;
  }
  return {verdict};
}

}  // namespace gatehouse::flows
