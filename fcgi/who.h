// The kinds of credential a route may ask for, as a set: `Who::client | Who::service` takes either.
#pragma once

#include <cstdint>

namespace gatehouse::fcgi {

enum class Who : std::uint16_t {
  none = 0,                  // of no use in a route: refused by table_is_sound
  open = 1U << 0U,           // with others besides: from private networks, without a credential
  client = 1U << 1U,         // svc_… and its secret
  service = 1U << 2U,        // a service JWT
  internal_jwt = 1U << 3U,   // HS256 under JWT_SECRET
  admin_jwt = 1U << 4U,      // the same with "role":"admin"
  dev_token = 1U << 5U,      // 43 characters
  tenant_key = 1U << 6U,     // pub_… or sec_…
  tenant_secret = 1U << 7U,  // sec_… only
  user = 1U << 8U,           // a user JWT
  handle = 1U << 9U,         // gh_…
};

constexpr Who operator|(Who a, Who b) {
  return static_cast<Who>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
constexpr Who operator&(Who a, Who b) {
  return static_cast<Who>(static_cast<unsigned>(a) & static_cast<unsigned>(b));
}
constexpr bool accepts(Who set, Who kind) { return (set & kind) != Who::none; }

}  // namespace gatehouse::fcgi
