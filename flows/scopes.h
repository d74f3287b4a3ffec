// The scopes that exist. Granting another one is refused.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::flows {

inline constexpr std::array<std::string_view, 9> kScopes{
    "user:read",     "user:write", "user:delete",   "tenant:read",    "tenant:write",
    "tenant:delete", "auth:token", "auth:validate", "internal:admin",
};

constexpr bool is_scope(std::string_view name) {
  return std::find(kScopes.begin(), kScopes.end(), name) != kScopes.end();
}

// RFC 6749 section 3.3: a list delimited by single spaces.
std::vector<std::string> split_scope(std::string_view text);
std::string join_scope(const std::vector<std::string>& scopes);

}  // namespace gatehouse::flows
