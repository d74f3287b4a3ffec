// Whether a credential opens a location of nginx (auth_request) that stands before somebody else's program.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "db/connection.h"
#include "flows/credentials.h"
#include "flows/token_keys.h"

namespace gatehouse::flows {

struct Admission {
  std::string kind;  // devtoken, user, access, service, tenant_key, tenant_secret
  std::string subject;
  std::string tenant;
  std::string scopes;  // space-separated
};

enum class GateVerdict { admitted, bad_credential, not_enough };
struct GateAnswer {
  GateVerdict verdict;
  Admission who{};  // where admitted
};

// `require`: what the location asks for, words apart by spaces or commas: devtoken, user, access, service,
// service:<scope>, tenant_key, or any of these as `any`; devtoken, user and tenant_key also of one tenant
// only, as in user:tnt_default, because tenants are made by anybody. One that fits is enough. Without a word,
// or with one that is unknown, nobody is admitted. Throws Error(unavailable) where it cannot be known.
GateAnswer ask_gate(db::Connection& db, Credentials& credentials, const TokenKeys& keys,
                    std::string_view require, std::string_view credential, Time now);

}  // namespace gatehouse::flows
