// Programs of tests/e2e that follow somebody's document to the letter, host and all.
#pragma once

#include <string>

namespace gatehouse::support {

// The path of a copy in which our origin stands in the place of the document's. A failure where the program
// does not name the document's.
std::string example_at(const std::string& program, const std::string& documents_origin,
                       const std::string& ours);

}  // namespace gatehouse::support
