// Parts of the documents, for tests that do what they say.
#pragma once

#include <string>

namespace gatehouse::support {

std::string document(const std::string& name);
// From the one text up to the other; fails the test where there is none.
std::string section(const std::string& text, const std::string& from, const std::string& to);
// The ```sh blocks of a text, one after the other.
std::string shell_blocks(const std::string& text);
void replace_all(std::string& text, const std::string& what, const std::string& with);

}  // namespace gatehouse::support
