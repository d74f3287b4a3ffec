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
  Credentials& credentials;
  const TokenKeys& keys;
  std::string_view credential;
  Time now;
};

std::optional<Admission> dev_token(const Asked& asked) {
  const auto owner = asked.credentials.dev_token(asked.db, asked.credential, asked.now);
  if (!owner) return std::nullopt;
  return Admission{"devtoken", owner->id.str(), owner->tenant.str(), ""};
}

std::optional<Admission> tenant_key(const Asked& asked) {
  const auto owner = asked.credentials.tenant_key(asked.db, asked.credential, asked.now);
  if (!owner) return std::nullopt;
  const bool is_secret = owner->kind == db::tenants::KeyKind::secret_key;
  return Admission{is_secret ? "tenant_secret" : "tenant_key", owner->tenant.str(), owner->tenant.str(), ""};
}

std::optional<Admission> jwt(const Asked& asked, Kind kind, const char* name) {
  const auto claims =
      live_claims(asked.credentials.revocations(), asked.keys, kind, asked.credential, asked.now);
  if (!claims || (kind == Kind::user && claims->tenant.empty())) return std::nullopt;
  return Admission{name, claims->subject, claims->tenant, kind == Kind::service ? claims->scope : ""};
}

// One word of what a location requires: a kind, and what of that kind is wanted besides a good credential:
// `service:user:read` the scope user:read, `user:tnt_default` the tenant tnt_default. (Service and access
// tokens belong to the installation.)
struct Word {
  std::string_view kind;
  std::optional<std::string_view> rest;  // behind the first colon
};

Word word_of(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return {text, std::nullopt};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

std::optional<Admission> admission(const Asked& asked, const Word& word) {
  if (word.kind == "devtoken") return dev_token(asked);
  if (word.kind == "user") return jwt(asked, Kind::user, "user");
  if (word.kind == "access") return jwt(asked, Kind::access, "access");
  if (word.kind == "tenant_key") return tenant_key(asked);
  return jwt(asked, Kind::service, "service");
}

bool is_known(const Word& word) {
  if (std::find(kAny.begin(), kAny.end(), word.kind) == kAny.end()) return false;
  if (!word.rest) return true;
  if (word.kind == "service") return is_scope(*word.rest);
  return word.kind != "access" && parse_tenant_id(*word.rest).has_value();
}

bool is_enough(const Admission& who, const Word& word) {
  if (!word.rest) return true;
  if (word.kind != "service") return who.tenant == *word.rest;
  const auto granted = split_scope(who.scopes);
  return std::find(granted.begin(), granted.end(), *word.rest) != granted.end();
}

std::vector<Word> words_of(std::string_view require) {
  std::vector<Word> words;
  while (!require.empty()) {
    const auto end = require.find_first_of(" ,");
    const auto word = require.substr(0, end);
    require = end == std::string_view::npos ? std::string_view{} : require.substr(end + 1);
    if (word == "any") {
      for (const auto kind : kAny) words.push_back({kind, std::nullopt});
    } else if (!word.empty()) {
      words.push_back(word_of(word));
    }
  }
  return words;
}

}  // namespace

GateAnswer ask_gate(db::Connection& db, Credentials& credentials, const TokenKeys& keys,
                    std::string_view require, std::string_view credential, Time now) {
  const auto words = words_of(require);
  if (words.empty() || !std::all_of(words.begin(), words.end(), is_known)) return {GateVerdict::not_enough};
  const Asked asked{db, credentials, keys, credential, now};
  GateVerdict verdict = GateVerdict::bad_credential;
  if (credential.empty()) return {verdict};
  for (const auto& word : words) {
    auto who = admission(asked, word);
    if (!who) continue;
    if (is_enough(*who, word)) return {GateVerdict::admitted, std::move(*who)};
    verdict = GateVerdict::not_enough;
  }
  return {verdict};
}

}  // namespace gatehouse::flows
