#include "tests/support/source_tree.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <stdexcept>

namespace gatehouse::support {

namespace {

namespace fs = std::filesystem;

const fs::path& top() {
  static const fs::path path(GATEHOUSE_SOURCE_DIR);
  return path;
}

bool is_made(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.starts_with('.') || name == "build" || name == "var";
}

}  // namespace

SourceFile source_file(const std::string& path) {
  std::ifstream text(top() / path);
  if (!text) throw std::runtime_error("there is no " + path);
  SourceFile file{path, {}};
  for (std::string line; std::getline(text, line);) file.lines.push_back(line);
  return file;
}

std::vector<SourceFile> source_files(const std::string& folder) {
  std::vector<SourceFile> files;
  fs::recursive_directory_iterator entry(top() / folder);
  for (; entry != fs::recursive_directory_iterator(); ++entry) {
    if (is_made(entry->path())) {
      if (entry->is_directory()) entry.disable_recursion_pending();
    } else if (entry->is_regular_file()) {
      files.push_back(source_file(fs::relative(entry->path(), top()).string()));
    }
  }
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return files;
}

std::vector<std::string> source_folders() {
  std::set<std::string> folders;
  for (const auto& file : source_files("")) {
    if (file.is_cpp() && file.folder() != "tests") folders.insert(file.folder());
  }
  return {folders.begin(), folders.end()};
}

std::vector<std::string> split(std::string_view text, std::string_view separators) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of(separators), text.size());
    std::string_view part = text.substr(0, end);
    const auto first = part.find_first_not_of(" \t");
    if (first != std::string_view::npos) {
      part = part.substr(first, part.find_last_not_of(" \t") - first + 1);
      parts.emplace_back(part);
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

}  // namespace gatehouse::support
