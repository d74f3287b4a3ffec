// Email addresses: what is taken for one, and what two of them are compared by.
#pragma once

#include <string>
#include <string_view>

namespace gatehouse::flows {

// One `@`, a local part as people have them (no quotes, no comments), a domain name with a dot; also in other
// scripts (RFC 6531). Whether mail gets there is another question.
bool is_email(std::string_view text);

// In lower case, in every script. `text` must be UTF-8.
std::string email_key(std::string_view text);

}  // namespace gatehouse::flows
