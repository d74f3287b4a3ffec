// Users of a tenant (seed 002): one's own record, and what the holder of the secret key may see and change.
#pragma once

#include <optional>
#include <string>

#include "base/json.h"
#include "db/users.h"
#include "fcgi/request.h"
#include "fcgi/response.h"
#include "handlers/body.h"
#include "handlers/page.h"
#include "handlers/wiring.h"

namespace gatehouse::handlers::users {

// What may be in a body.
inline constexpr std::size_t kLongestEmail = 1024;
inline constexpr std::size_t kLongestProfile = 16384;

// As every answer shows a user; `disabled` is there only for those who are.
json::Object described(const db::users::UserRow& user);

// A list in pages, in the order in which they were made: as `limit` and `cursor` ask.
struct UserPage {
  Page page;
  std::optional<std::string> next_cursor;  // where there is more
};
using Describe = json::Object (*)(const db::users::UserRow&);
UserPage page_of(const fcgi::Request& request, Services& services, const TenantId& tenant, Describe describe);
// As an answer.
fcgi::Response listed(const fcgi::Request& request, Services& services, const TenantId& tenant);
// What a registration has in its body; 201.
struct Registration {
  std::string email;
  std::string password;
  std::string profile;
};
Registration registration_in(const Body& body);
fcgi::Response registered(const fcgi::Request& request, Services& services, const TenantId& tenant,
                          const Registration& registration);

fcgi::Response show_me(const fcgi::Request& request, Services& services);
fcgi::Response list(const fcgi::Request& request, Services& services);
fcgi::Response show(const fcgi::Request& request, Services& services);
fcgi::Response change(const fcgi::Request& request, Services& services);
fcgi::Response remove(const fcgi::Request& request, Services& services);

}  // namespace gatehouse::handlers::users
