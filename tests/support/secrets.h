// Every secret that a test is given goes into one file, so that scripts/test can look for each of them in all
// logs at the end. GATEHOUSE_TEST_SECRETS names it; without it nothing is kept.
#pragma once

#include <string_view>

namespace gatehouse::support {

// Of a JWT its signature is kept: that is in every copy of the token that could be used.
void remember_secret(std::string_view secret);

// The members of a JSON answer that are secrets: access_token, refresh_token, client_secret,
// secret_key, token.
void remember_secrets_in(std::string_view body);

}  // namespace gatehouse::support
