// dev_tokens.json of the old system (seed 001).
#pragma once

#include <string>
#include <vector>

#include "flows/dev_tokens.h"

namespace gatehouse::admin {

// `text` is what stands in the file `path`; times are in the process's time zone. Error(invalid_request)
// names all that is wrong, entry by entry, and repeats no token.
std::vector<flows::ForeignToken> dev_tokens_in(const std::string& path, const std::string& text);

}  // namespace gatehouse::admin
