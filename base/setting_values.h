// What the values of settings may be: each function reads one kind, and throws std::invalid_argument with the
// reason where the text is none of it. A reason never repeats the text, which may be a secret.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"

namespace gatehouse::setting_values {

[[noreturn]] void bad(const std::string& reason);

int whole_number(const std::string& value, int low, int high);
Seconds duration(const std::string& value, Seconds low, Seconds high);
std::optional<int> rate(const std::string& value);  // n/s, or off

// What stands between commas, without the spaces around it; empty ones are left out.
std::vector<std::string> list(const std::string& value);

// What goes into nginx's configuration must not be able to end a directive there.
std::string harmless(const std::string& value);
std::vector<std::string> names(const std::string& value);  // a list of those, not empty

std::vector<std::string> addresses(const std::string& value);  // and networks
std::string identifier(const std::string& value);              // of PostgreSQL
Secret jwt_secret(const std::string& value);
Secret vault_keys(const std::string& value);
std::string origin(const std::string& value);
// As browsers write it: in lower case.
std::vector<std::string> origins(const std::string& value);

}  // namespace gatehouse::setting_values
