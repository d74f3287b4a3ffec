// The files of the checkout, for tests that read the sources and documents themselves.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::support {

struct SourceFile {
  std::string path;  // from the top of the checkout
  std::vector<std::string> lines;

  std::string folder() const { return path.substr(0, path.find('/')); }
  bool is_header() const { return path.ends_with(".h"); }
  bool is_cpp() const { return is_header() || path.ends_with(".cpp"); }
};

// Throws where there is no such file.
SourceFile source_file(const std::string& path);

// Every file below this folder of the checkout, or below the top where it is empty; not what builds and
// instances make (build/, var/, anything whose name starts with a dot).
std::vector<SourceFile> source_files(const std::string& folder);

// The top-level folders that have C++ in them, tests/ not among them.
std::vector<std::string> source_folders();

// The parts between these characters, without white space around them, empty ones left out.
std::vector<std::string> split(std::string_view text, std::string_view separators);

}  // namespace gatehouse::support
